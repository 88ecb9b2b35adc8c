//! The value of an option, not read yet.

use proc_macro2::{Span, TokenStream, TokenTree};

/// The tokens after an option's name.
#[derive(Clone)]
pub(crate) enum Value {
    /// Nothing: the option is a flag.
    Nothing,
    /// `=` and nothing.
    Missing(Span),
    /// Literals and words.
    Tokens(Vec<TokenTree>),
    /// The type of `message = Query<T>`, the path of `crate = some::path`.
    Syntax(TokenStream),
}
