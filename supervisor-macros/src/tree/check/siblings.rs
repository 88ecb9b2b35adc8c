//! Rules on how a child's value reaches a sibling, which is a variable there.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, ExprCall, ExprMethodCall};

use super::super::ast::{Child, Supervisor};
use super::super::mentions::{Mentions, Role};
use super::super::names;
use super::facts::Site;
use super::scope::{Declared, Scope};
use crate::errors::Errors;
use crate::walk::{Look, walk};

/// Checks that a value does not call the accessor of a sibling, `Shop::db()`: while the tree is made
/// there is no handle.
///
/// No program can have another function of that name and without arguments: it would be a second
/// one with the name of the accessor.
pub(super) fn sibling_by_accessor(
    supervisor: &Supervisor,
    child: &Child,
    site: Site,
    scope: Scope,
    errors: &mut Errors,
) {
    let (Some(root), Some(value)) = (site.root.filter(|_| site.is_root), child.value()) else {
        return;
    };
    // The name as a value is nothing that a program can use.
    if let Some(mention) = Mentions::of(value).values().find(|mention| mention.ident == *root) {
        let message = format!(
            "`{root}` is not there while it is made; a child gets the addresses of siblings that it needs, as in `db`"
        );
        errors.at(mention.ident.span(), message);
        return;
    }
    // A variable with the name of the tree, `shop.db()`, is not there either.
    let handle = names::snake(&root.unraw().to_string());
    let is_known = site.params.contains(&handle) || scope.find(&handle).is_some();
    let mut of = vec![root.to_string(), "Self".to_owned()];
    if !is_known && !Mentions::of(value).bound.contains(&handle) {
        of.push(handle);
    }
    let mut calls = Calls { of, found: Vec::new() };
    walk(value, &mut calls);
    for (path, name) in calls.found {
        let of_child = |sibling: &&Child| sibling.unraw_name() == name && !sibling.has_cfg();
        if supervisor.children.iter().any(|sibling| of_child(&sibling)) {
            errors.on(path, format!("a sibling is a variable here; write `{name}`"));
            return;
        }
    }
}

/// The calls without arguments of functions of a type or of a variable.
struct Calls {
    of: Vec<String>,
    found: Vec<(TokenStream, String)>,
}

impl Look for Calls {
    fn leave(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::MethodCall(call) => self.method_call(call),
            _ => {}
        }
    }
}

impl Calls {
    fn call(&mut self, call: &ExprCall) {
        let Expr::Path(path) = &*call.func else { return };
        let mut words = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
        let (name, of) = (words.next(), words.next());
        let is_of_tree = of.is_some_and(|of| self.of.contains(&of));
        if let Some(name) = name.filter(|_| is_of_tree && call.args.is_empty()) {
            self.found.push((path.to_token_stream(), name));
        }
    }

    fn method_call(&mut self, call: &ExprMethodCall) {
        let Expr::Path(of) = &*call.receiver else { return };
        let is_of_tree = of.path.get_ident().is_some_and(|of| self.of.contains(&of.to_string()));
        if is_of_tree && call.args.is_empty() {
            self.found.push((of.to_token_stream(), call.method.to_string()));
        }
    }
}

/// Checks that a value does not use the child that it belongs to, as in `a: A = A::new(a.clone())`.
///
/// A value of that name is a function, as in `squares: Blocking<Job> = Blocking::new(squares)`, on
/// which no method is called. In a tree without a name it may be a variable.
pub(super) fn sibling_itself(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let (Some(_), Some(value)) = (site.root, child.value()) else { return };
    let name = child.unraw_name();
    let is_other = site.params.contains(&name) || scope.find(&name) != Some(Declared::Here);
    if is_other {
        return;
    }
    let mentions = Mentions::of(value);
    let itself = mentions
        .values()
        .find(|mention| mention.name() == name && matches!(&mention.role, Role::Receiver(_)));
    if let Some(mention) = itself {
        errors.at(
            mention.ident.span(),
            format!(
                "`{name}` is not there before its value; when it runs, its own address is `ctx.address()` (an item: `self::{name}`)"
            ),
        );
    }
}
