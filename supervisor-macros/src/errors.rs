//! Collects the mistakes found in one macro call; all of them are reported in one build.

use std::fmt::Display;

use crate::joined::joined;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// Collects errors in the order in which they are found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Reports an error under the given tokens, from the first to the last of them.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error at one span.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Returns the first error found, or the given one if there is none.
    pub(crate) fn first_or(self, error: syn::Error) -> syn::Error {
        self.0.into_iter().next().unwrap_or(error)
    }

    /// Returns the first error found.
    pub(crate) fn first(self) -> Option<syn::Error> {
        self.0.into_iter().next()
    }

    pub(crate) fn extend(&mut self, errors: impl IntoIterator<Item = syn::Error>) {
        self.0.extend(errors);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns one `compile_error!` for each error, as items or statements.
    ///
    /// They are never one expression: if tokens follow an expression, rustc reports a mistake of
    /// the macro, not of the tree.
    pub(crate) fn to_items(&self) -> TokenStream {
        joined(self.0.iter().map(syn::Error::to_compile_error))
    }
}

/// Returns a stand-in for a value whose tokens are already an error.
///
/// rustc gives the stand-in its error type, and reports no error about its uses. The message is the
/// same as that of the error, at the same span, so rustc prints it once.
pub(crate) fn unknown_value(error: &syn::Error) -> TokenStream {
    error.to_compile_error()
}

/// Returns a stand-in for a type whose tokens are already an error.
///
/// `compile_error!` itself would be the type `()`, on which a missing method is a second error. A
/// projection whose argument is an error has rustc's error type.
pub(crate) fn unknown_type(krate: &TokenStream, error: &syn::Error) -> TokenStream {
    let value = unknown_value(error);
    quote!(<() as #krate::__private::Unknown<{ #value }>>::Type)
}
