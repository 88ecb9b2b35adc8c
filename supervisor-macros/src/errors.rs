//! The mistakes found in one macro call; all of them are reported in one build.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// Collects errors in the order in which they are found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// An error under the given tokens, from the first to the last of them.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// An error at one place.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// The first error found, or this one.
    pub(crate) fn first_or(self, error: syn::Error) -> syn::Error {
        self.0.into_iter().next().unwrap_or(error)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` for each error, as items or statements.
    ///
    /// Items and statements, never one expression: an expression that is followed by tokens
    /// makes rustc complain about the macro instead of the tree.
    pub(crate) fn to_items(&self) -> TokenStream {
        self.0.iter().flat_map(syn::Error::to_compile_error).collect()
    }
}

/// A value at which an error is reported elsewhere.
///
/// The compiler gives it the type "already an error" and stays silent about all that is done
/// with it; being the same message at the same place, it is not printed a second time.
pub(crate) fn unknown_value(error: &syn::Error) -> TokenStream {
    error.to_compile_error()
}

/// A type at which an error is reported elsewhere.
///
/// `compile_error!` itself would be the type `()`, which has no method that anybody calls. A
/// projection whose argument is an error has the type "already an error".
pub(crate) fn unknown_type(krate: &TokenStream, error: &syn::Error) -> TokenStream {
    let value = unknown_value(error);
    quote!(<() as #krate::__private::Unknown<{ #value }>>::Type)
}
