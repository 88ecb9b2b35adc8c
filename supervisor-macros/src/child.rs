//! `#[derive(Child)]`: parse → check → expand.

mod ast;
mod check;
mod expand;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::depth::check_depth;
use crate::errors::Errors;
use crate::reader::Reader;

/// Expands the derive. Unit tests can make its tokens without a compiler.
pub(crate) fn expand(tokens: TokenStream, reader: Reader) -> TokenStream {
    let input: DeriveInput = match check_depth(&tokens).and_then(|()| syn::parse2(tokens)) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let child = ast::Child::parse(&input, &mut errors);
    check::check(&child, &mut errors);
    match reader {
        Reader::Compiler => expand::expand(&child, &errors),
        Reader::Editor => expand::for_editor(&child, &errors),
    }
}
