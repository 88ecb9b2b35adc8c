//! Skips the tokens of a mistake, so that parsing can go on after it.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Token};

/// Skips all tokens up to the next comma that a child follows, and that comma.
///
/// A comma alone is not enough: one inside `Cache<K, V>` does not end a child.
pub(super) fn skip_to_next_child(input: ParseStream) {
    loop {
        skip_to(input, |input| input.peek(Token![,]));
        if input.parse::<Token![,]>().is_err() || input.is_empty() || starts_child(input) {
            return;
        }
    }
}

/// Returns whether a child could start here: an attribute, or a name and a colon.
pub(super) fn starts_child(input: ParseStream) -> bool {
    input.peek(Token![#])
        || (input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]))
}

/// Skips tokens until `stop` holds, or to the end.
pub(super) fn skip_to(input: ParseStream, stop: impl Fn(ParseStream) -> bool) {
    while !input.is_empty() && !stop(input) {
        if TokenTree::parse(input).is_err() {
            return;
        }
    }
}
