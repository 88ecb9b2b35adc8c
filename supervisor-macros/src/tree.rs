//! `supervision_tree!`: parse → name → check → expand.

mod ast;
mod check;
mod expand;
pub(crate) mod names;
pub(crate) mod parse;
#[cfg(test)]
pub(crate) mod print;
mod text;

pub(crate) use expand::settings;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// The macro, on tokens that need no compiler.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::parse(tokens, &mut errors) {
        Ok(mut tree) => {
            names::assign(&mut tree);
            check::check(&mut tree, &mut errors);
            // The tree is not mutable after this point.
            expand::expand(&tree, &errors)
        }
        // Nothing is known, not even whether an item or an expression is wanted: the first
        // error alone stands in the place of both.
        Err(error) => errors.first_or(error).to_compile_error(),
    }
}
