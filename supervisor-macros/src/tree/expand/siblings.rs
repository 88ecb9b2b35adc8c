//! Writes the clones of siblings that a child's value owns.
//!
//! A value is written as if each sibling were its own: `Front { db }` and
//! `move |ctx| poll(ctx, db.clone())` leave `db` to the children that follow, and to the handle.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprAsync, ExprCall, ExprClosure, ExprMethodCall, ExprPath, Item, Macro, PatIdent, Token,
};

use super::super::ast::{Body, Child, Supervisor};

/// The siblings that a child's value can name: those that are declared before it, and before the
/// supervisors that contain it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    supervisor: &'a Supervisor,
    outer: Option<(&'a Self, &'a Child)>,
}

impl<'a> Scope<'a> {
    pub(super) fn root(supervisor: &'a Supervisor) -> Self {
        Self { supervisor, outer: None }
    }

    /// Returns the supervisor of the children.
    pub(super) fn supervisor(&self) -> &'a Supervisor {
        self.supervisor
    }

    /// Returns the scope of the children of `nested`, which is the body of `child`.
    pub(super) fn inside(&'a self, child: &'a Child, nested: &'a Supervisor) -> Self {
        Scope { supervisor: nested, outer: Some((self, child)) }
    }

    /// Writes the clones of the siblings that the value of `child` uses.
    pub(super) fn clones(&self, child: &Child, value: &Expr) -> TokenStream {
        let mut uses = Uses::default();
        uses.visit_expr(value);
        let mut clones = TokenStream::new();
        self.clones_of(child, &uses, &mut HashSet::new(), &mut clones);
        clones
    }

    fn clones_of(
        &self,
        child: &Child,
        uses: &Uses,
        hidden: &mut HashSet<String>,
        clones: &mut TokenStream,
    ) {
        let mut found = Vec::new();
        let siblings = self.supervisor.named_children();
        for sibling in siblings.take_while(|sibling| !std::ptr::eq(*sibling, child)) {
            let text = sibling.unraw_name();
            if !uses.needs_clone(sibling, &text) || hidden.contains(&text) {
                continue;
            }
            let (cfgs, name) = (sibling.cfgs(), &sibling.name);
            // A name in the tokens of a macro may be something else.
            let unused = (uses.unsure.contains(&text) || uses.bound.contains(&text))
                .then(|| quote!(#[allow(unused_variables)]));
            clones.extend(quote! {
                #(#cfgs)* #unused let #name = ::core::clone::Clone::clone(&#name);
            });
            if !sibling.has_cfg() {
                found.push(text);
            }
        }
        hidden.extend(found);
        if let Some((outer, around)) = self.outer {
            outer.clones_of(around, uses, hidden, clones);
        }
    }
}

/// The names that a value uses.
#[derive(Default)]
struct Uses {
    owned: HashSet<String>,
    /// The names on which methods are called outside of closures, other than `clone`.
    called_on: HashSet<String>,
    /// Names in the tokens of a macro that are no expressions.
    unsure: HashSet<String>,
    /// Names that the value binds itself.
    bound: HashSet<String>,
    /// The number of closures and async blocks around the expression.
    depth: usize,
}

impl Uses {
    fn needs_clone(&self, sibling: &Child, name: &str) -> bool {
        match &sibling.body {
            Body::Broken(_) => false,
            // No accessor consumes the handle.
            Body::Supervisor(_) => self.owned.contains(name) || self.unsure.contains(name),
            Body::Task(_) | Body::Typed(_) => {
                self.owned.contains(name)
                    || self.called_on.contains(name)
                    || self.unsure.contains(name)
            }
        }
    }

    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.depth += 1;
        visit(self);
        self.depth -= 1;
    }

    /// Notes the names in the tokens of a macro: those in a format string such as `"{db:?}"`, and,
    /// if the tokens are no expressions, all names.
    fn scan(&mut self, tokens: TokenStream, are_expressions: bool) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if !are_expressions => {
                    self.unsure.insert(ident.unraw().to_string());
                }
                TokenTree::Group(group) => self.scan(group.stream(), are_expressions),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
                    let in_braces = text.split('{').skip(1);
                    let names = in_braces.filter_map(|part| part.split(|c| !is_letter(c)).next());
                    self.unsure.extend(names.map(str::to_owned));
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Returns the one name of which a path consists.
fn name_of(path: &ExprPath) -> Option<String> {
    path.path.get_ident().map(|ident: &Ident| ident.unraw().to_string())
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.owned.extend(name_of(path));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        match &*call.receiver {
            Expr::Path(path) if self.depth == 0 => {
                if call.method != "clone" {
                    self.called_on.extend(name_of(path));
                }
                call.args.iter().for_each(|argument| self.visit_expr(argument));
            }
            _ => visit::visit_expr_method_call(self, call),
        }
    }

    /// Visits a call: the name of a function is no sibling.
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if !matches!(&*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.inside(|uses| visit::visit_expr_closure(uses, closure));
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.inside(|uses| visit::visit_expr_async(uses, block));
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.insert(pat.ident.unraw().to_string());
        visit::visit_pat_ident(self, pat);
    }

    /// Visits no item, which sees no variables.
    fn visit_item(&mut self, _item: &'ast Item) {}

    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let arguments = call.parse_body_with(parser);
        self.scan(call.tokens.clone(), arguments.is_ok());
        if let Ok(arguments) = arguments {
            // The arguments live in this function only.
            let mut inner = Uses { depth: self.depth, ..Uses::default() };
            arguments.iter().for_each(|argument| inner.visit_expr(argument));
            self.owned.extend(inner.owned);
            self.called_on.extend(inner.called_on);
            self.unsure.extend(inner.unsure);
            self.bound.extend(inner.bound);
        }
    }
}
