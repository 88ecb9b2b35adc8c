//! Collects the mistakes found in one macro call; all of them are reported in one build.

use std::fmt::Display;

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

    /// Reports an error at one place.
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

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns one `compile_error!` for each error, as items or statements.
    ///
    /// Never as one expression: about an expression that is followed by tokens rustc complains as a
    /// mistake of the macro, not of the tree.
    pub(crate) fn to_items(&self) -> TokenStream {
        self.0.iter().flat_map(syn::Error::to_compile_error).collect()
    }
}

/// Returns a value that stands for one whose tokens are already an error.
///
/// rustc gives it its error type, and reports nothing about its uses; the message, being the same
/// at the same place, is printed once.
pub(crate) fn unknown_value(error: &syn::Error) -> TokenStream {
    error.to_compile_error()
}

/// Returns a type that stands for one whose tokens are already an error.
///
/// `compile_error!` itself would be the type `()`, on which a missing method is a second error. A
/// projection whose argument is an error has rustc's error type.
pub(crate) fn unknown_type(krate: &TokenStream, error: &syn::Error) -> TokenStream {
    let value = unknown_value(error);
    quote!(<() as #krate::__private::Unknown<{ #value }>>::Type)
}
