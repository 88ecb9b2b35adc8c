//! Walks through an expression.

use syn::visit::{self, Visit};
use syn::{Expr, Item, Lit, Local};

/// Sees the parts of an expression, each from outside to inside.
pub(crate) trait Look {
    /// Comes to an expression. Returns `false` if its inside is not to be seen.
    fn enter(&mut self, _: &Expr) -> bool {
        true
    }

    /// Has seen the inside of an expression.
    fn leave(&mut self, _: &Expr) {}

    /// Comes to a `let`.
    fn local(&mut self, _: &Local) {}

    /// Comes to a literal.
    fn literal(&mut self, _: &Lit) {}

    /// Returns whether the insides of items are to be seen.
    fn sees_items(&self) -> bool {
        true
    }
}

/// Shows an expression, and all that is in it.
pub(crate) fn walk(expr: &Expr, look: &mut dyn Look) {
    Walk(look).visit_expr(expr);
}

/// The one visitor for all that looks: one has some three hundred functions, which are compiled again for
/// each type of visitor.
struct Walk<'a>(&'a mut dyn Look);

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        if self.0.enter(expr) {
            visit::visit_expr(self, expr);
            self.0.leave(expr);
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        self.0.local(local);
        visit::visit_local(self, local);
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        self.0.literal(literal);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if self.0.sees_items() {
            visit::visit_item(self, item);
        }
    }
}
