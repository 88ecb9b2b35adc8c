//! Writes the siblings that a child uses: on its spec, and in the tree's constant.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::ast::{Child, Use};

/// Returns the call that names the siblings on the child's spec.
pub(super) fn on_spec(child: &Child) -> Option<TokenStream> {
    let uses = &child.place.as_ref()?.uses;
    let names = uses.iter().map(|Use { name, cfgs, .. }| quote!(#cfgs #name));
    (!uses.is_empty()).then(|| quote!(.with_after([#(#names),*])))
}

/// Returns the call that numbers the siblings in the constant.
pub(super) fn in_constant(child: &Child) -> Option<TokenStream> {
    let place = child.place.as_ref()?;
    let (number, uses) = (place.number, place.uses.iter().map(|used| used.number));
    Some(quote!(.with_uses(#number, &[#(#uses),*])))
}
