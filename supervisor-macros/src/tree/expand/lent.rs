//! Writes the function of a task that lends its siblings, or parameters of the tree, to the function that
//! it calls, as in `move |ctx| poll(ctx, &db)`: each life gets clones of its own, and lends those.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprClosure, Ident, Pat, ReturnType};

use super::super::ast::Child;
use super::siblings::Scope;

/// Returns the function of a task that only calls another function, with its context, siblings, owned
/// parameters and literals, and lends one of them; `None` for any other value, which is written as it is.
pub(super) fn function(
    krate: &TokenStream,
    owned: &[String],
    scope: Scope,
    child: &Child,
    value: &Expr,
) -> Option<TokenStream> {
    let Expr::Closure(closure) = value else { return None };
    let call = called(closure)?;
    if !call.args.iter().any(|argument| matches!(argument, Expr::Reference(_))) {
        return None;
    }
    let mut found = Siblings { owned, scope, child, lent: BTreeMap::new() };
    let context = context(closure)?;
    if !call.args.iter().all(|argument| found.are_all_in(argument, context)) {
        return None;
    }
    let names = found.lent.values();
    let inputs = &closure.inputs;
    let clones = names.map(|name| quote!(let #name = ::core::clone::Clone::clone(&#name);));
    // The span is that of the call, where rustc reports a function that is no task's.
    let life = quote_spanned!(call.span()=> __private::life);
    let (of, ending) = (quote!(#krate::#life), quote_spanned!(call.span()=> .await));
    (!found.lent.is_empty())
        .then(|| quote!(move |#inputs| { #(#clones)* async move { #of(#call) #ending } }))
}

/// Returns the call that is all that a closure does.
fn called(closure: &ExprClosure) -> Option<&ExprCall> {
    let is_plain = closure.asyncness.is_none()
        && closure.lifetimes.is_none()
        && matches!(closure.output, ReturnType::Default);
    match &*closure.body {
        Expr::Call(call) if is_plain && matches!(&*call.func, Expr::Path(_)) => Some(call),
        _ => None,
    }
}

/// Returns the name of the closure's only argument.
fn context(closure: &ExprClosure) -> Option<&Ident> {
    let mut inputs = closure.inputs.iter();
    match (inputs.next()?, inputs.next()) {
        (Pat::Ident(context), None) => Some(&context.ident),
        _ => None,
    }
}

/// The siblings and parameters that a call names.
struct Siblings<'a> {
    /// The parameters that are owned.
    owned: &'a [String],
    scope: Scope<'a>,
    child: &'a Child,
    /// Those that it lends or clones.
    lent: BTreeMap<String, Ident>,
}

impl Siblings<'_> {
    /// Returns whether an argument is the context, a literal, a clone of a sibling, or a reference to
    /// one, and notes the sibling.
    fn are_all_in(&mut self, argument: &Expr, context: &Ident) -> bool {
        match argument {
            Expr::Lit(_) => true,
            Expr::Path(path) => path.path.is_ident(context),
            Expr::Reference(lent) if lent.mutability.is_none() => match &*lent.expr {
                Expr::Path(path) => path.path.get_ident().is_some_and(|name| self.note(name)),
                _ => false,
            },
            Expr::MethodCall(call) if call.method == "clone" && call.args.is_empty() => {
                match &*call.receiver {
                    Expr::Path(path) => path.path.get_ident().is_some_and(|name| self.note(name)),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn note(&mut self, name: &Ident) -> bool {
        let text = name.unraw().to_string();
        let is_known = self.scope.declares(self.child, &text) || self.owned.contains(&text);
        if is_known {
            self.lent.insert(text, name.clone());
        }
        is_known
    }
}
