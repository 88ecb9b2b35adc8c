//! Rules on the names in a child's value, which uses only siblings that are declared before it.

use std::collections::{HashMap, HashSet};

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprClosure, ExprPath, Ident, Macro, PatIdent, Token};

use super::super::ast::{Body, Child, Supervisor};
use super::facts::Site;
use crate::errors::Errors;

/// The names of a supervisor's children, each with the index of its first declaration.
pub(super) struct Names(HashMap<String, usize>);

impl Names {
    pub(super) fn of(supervisor: &Supervisor) -> Self {
        let mut names = HashMap::new();
        for (index, child) in supervisor.children.iter().enumerate() {
            names.entry(child.unraw_name()).or_insert(index);
        }
        Self(names)
    }

    /// Returns the index of the first child of this name.
    pub(super) fn first(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }
}

/// The names around a child: its siblings, and those of the supervisors that contain it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) names: &'a Names,
    /// The child's index among its siblings.
    pub(super) index: usize,
    pub(super) outer: Option<&'a Self>,
}

/// The place where a name is declared, relative to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Before,
    /// By a supervisor that contains the child.
    Around,
    /// By the child itself.
    Here,
    After,
}

impl Scope<'_> {
    /// Returns the place where a name is declared, if a child has it.
    pub(super) fn find(&self, name: &str) -> Option<Declared> {
        let own = self.names.first(name).map(|index| match index.cmp(&self.index) {
            std::cmp::Ordering::Less => Declared::Before,
            std::cmp::Ordering::Equal => Declared::Here,
            std::cmp::Ordering::Greater => Declared::After,
        });
        // A name that is declared before hides one that is not, at every level.
        let outer = self.outer.and_then(|outer| outer.find(name)).map(|found| match found {
            Declared::Here => Declared::Around,
            found => found,
        });
        match (own, outer) {
            (Some(Declared::Before), _) | (_, Some(Declared::Before)) => Some(Declared::Before),
            (own, outer) => own.or(outer),
        }
    }
}

/// Checks that a child's value uses only siblings that are declared before it.
pub(super) fn sibling_later(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let Some(value) = child.value() else { return };
    if matches!((&child.body, value), (Body::Task(_), Expr::Path(_))) {
        // The value of a task is a function, never a child.
        return;
    }
    let mut uses = Uses::default();
    uses.visit_expr(value);
    let mut reported = HashSet::new();
    for ident in &uses.used {
        let name = ident.unraw().to_string();
        if uses.bound.contains(&name) || site.params.contains(&name) {
            continue;
        }
        let of = child.unraw_name();
        let message = match scope.find(&name) {
            Some(Declared::After) => format!(
                "`{name}` is declared later; move it above `{of}` (an item: `self::{name}`)"
            ),
            Some(Declared::Around) => format!(
                "`{name}` is not there yet while its children are declared (an item: `self::{name}`)"
            ),
            // As in `let a = A(a);`, the name of the child itself means an outer item.
            Some(Declared::Before | Declared::Here) | None => continue,
        };
        if reported.insert(name) {
            errors.at(ident.span(), message);
        }
    }
}

/// Checks that a sibling's name, which is the sibling's address, is not used as a function of the
/// same name.
pub(super) fn function_hidden(child: &Child, scope: Scope, errors: &mut Errors) {
    let Some(value) = child.value() else { return };
    let mut uses = Uses::default();
    uses.visit_expr(value);
    if let (Body::Task(_), Expr::Path(path)) = (&child.body, value) {
        // The value of a task is a function that the child calls.
        uses.calls.extend(path.path.get_ident().cloned());
    }
    for ident in uses.calls {
        let name = ident.unraw().to_string();
        if scope.find(&name) == Some(Declared::Before) && !uses.bound.contains(&name) {
            let message =
                format!("`{name}` is a child's address here; the function is `self::{name}`");
            errors.at(ident.span(), message);
        }
    }
}

/// Checks that the closure of a task borrows no parameter of the tree: the task outlives the values
/// that the parameters borrow.
///
/// Every use inside a closure breaks the rule, even `config.clone()`: the closure would hold the
/// reference until it is called.
pub(super) fn task_borrows_parameter(child: &Child, site: Site, errors: &mut Errors) {
    let (Body::Task(_), Some(value)) = (&child.body, child.value()) else { return };
    let mut uses = Uses::default();
    uses.visit_expr(value);
    let mut closures = Closures::default();
    closures.visit_expr(value);
    let name = |ident: &Ident| ident.unraw().to_string();
    let found = closures
        .used
        .iter()
        .find(|ident| site.borrowed.contains(&name(ident)) && !uses.bound.contains(&name(ident)));
    if let Some(ident) = found {
        let message = format!(
            "`{ident}` is borrowed while the tree is built, and no longer; write `{{ let {ident} = {ident}.clone(); move |ctx| … }}`"
        );
        errors.at(ident.span(), message);
    }
}

/// The names that the closures in an expression use as values.
#[derive(Default)]
struct Closures {
    used: Vec<Ident>,
}

impl<'ast> Visit<'ast> for Closures {
    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let mut uses = Uses::default();
        uses.visit_expr(&closure.body);
        self.used.extend(uses.used);
    }
}

/// The names that an expression uses as values, those that it calls, and those that it binds
/// itself.
///
/// A called name is a function: `worker()` does not use the child `worker`.
#[derive(Default)]
pub(super) struct Uses<'ast> {
    pub(super) used: Vec<Ident>,
    calls: Vec<Ident>,
    pub(super) bound: HashSet<String>,
    called: Option<&'ast ExprPath>,
}

impl<'ast> Visit<'ast> for Uses<'ast> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            self.called = Some(path);
            self.calls.extend(path.path.get_ident().cloned());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let is_called = self.called.is_some_and(|called| std::ptr::eq(called, path));
        if !is_called && let Some(ident) = path.path.get_ident() {
            self.used.push(ident.clone());
        }
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.insert(pat.ident.unraw().to_string());
        visit::visit_pat_ident(self, pat);
    }

    /// Visits the arguments of a macro such as `vec![db.clone()]`, where they are expressions.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(arguments) = call.parse_body_with(parser) {
            let mut inner = Uses::default();
            for argument in &arguments {
                inner.visit_expr(argument);
            }
            self.used.append(&mut inner.used);
            self.calls.append(&mut inner.calls);
            self.bound.extend(inner.bound);
        }
    }
}
