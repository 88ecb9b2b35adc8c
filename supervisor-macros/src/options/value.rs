//! The unread value of an option.

use proc_macro2::{Span, TokenStream, TokenTree};

/// The tokens after an option's name.
#[derive(Clone)]
pub(crate) enum Value {
    /// No value: the option is a flag.
    Nothing,
    /// An `=` without a value after it; holds the span of the `=`.
    Missing(Span),
    /// Literals and words.
    Tokens(Vec<TokenTree>),
    /// The type of `message = Query<T>`, the path of `crate = some::path`.
    Syntax(TokenStream),
    /// Tokens that are no type and no path; the error has been reported.
    Unreadable(syn::Error),
}
