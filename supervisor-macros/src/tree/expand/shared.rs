//! Writes the checks of variables from outside of a tree that several children use: a closure with
//! `move` takes what is not `Copy`.
//!
//! rustc's own error says that the value is moved, and not what to write. Only a type can tell, so the
//! check is a condition on the type.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::super::ast::Child;
use super::super::check::function;
use super::super::mentions::{Mentions, Role};
use super::siblings::Scope;
use crate::joined::joined;

/// Writes a check for each variable that the closure of a task takes and a later child uses, too.
pub(super) fn checks(krate: &TokenStream, scope: Scope, child: &Child) -> TokenStream {
    let closure = function(child).filter(|(_, closure)| closure.capture.is_some());
    let Some((value, closure)) = closure else { return TokenStream::new() };
    // In `{ let url = url.clone(); move |ctx| … }` the closure takes another variable of the name.
    let bound = Mentions::of(value).bound;
    let mentions = Mentions::of_closure(closure);
    let mut found: BTreeMap<String, Ident> = BTreeMap::new();
    for mention in mentions.values() {
        found.entry(mention.name()).or_insert_with(|| mention.ident.clone());
    }
    let is_variable = |name: &str| name.starts_with(char::is_lowercase) && name != "self";
    let is_taken = |(name, _): &(&String, &Ident)| {
        // A closure takes a field alone.
        let mut mentions = mentions.values().filter(|mention| mention.name() == **name);
        is_variable(name)
            && !bound.contains(*name)
            && !mentions.any(|mention| mention.role == Role::Base)
            && !scope.declares(child, name)
            && scope.uses_later(child, name)
    };
    let checks = found.iter().filter(is_taken).map(|(_, variable)| {
        quote_spanned! {variable.span()=> {
            let __variable = #krate::__private::Variable::of(&#variable);
            #krate::__private::stays_usable(&__variable);
        }}
    });
    joined(checks)
}
