//! Joins tokens that are written one after the other.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Joins tokens. A `collect` does the same, at the price of some fifty functions that are compiled again
/// for each type of iterator; this is one.
pub(crate) fn joined<T: ToTokens>(parts: impl IntoIterator<Item = T>) -> TokenStream {
    let mut all = TokenStream::new();
    for part in parts {
        part.to_tokens(&mut all);
    }
    all
}
