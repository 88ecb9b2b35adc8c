//! `supervision_tree!`: parse → name → check → expand.

mod ast;
mod check;
mod expand;
mod mentions;
pub(crate) mod names;
pub(crate) mod parse;
#[cfg(test)]
pub(crate) mod print;
mod text;
mod uses;

pub(crate) use expand::{options_of_type, settings};
pub(crate) use text::compact;

use proc_macro2::TokenStream;

use crate::depth::check_depth;
use crate::errors::Errors;
use crate::reader::Reader;

/// Expands the macro. Unit tests can make its tokens without a compiler.
pub(crate) fn expand(tokens: TokenStream, reader: Reader) -> TokenStream {
    let mut errors = Errors::default();
    let written = tokens.clone();
    let parsed = check_depth(&tokens).and_then(|()| parse::parse(tokens, reader, &mut errors));
    match parsed {
        Ok(mut tree) => {
            names::assign(&mut tree);
            check::check(&mut tree, &mut errors);
            if let (Some(head), Reader::Compiler) = (&tree.head, reader) {
                let mut clash = Errors::default();
                check::tree_duplicate(&head.ident, &without_path(written), &mut clash);
                if !clash.is_empty() || check::contains_itself(&tree) {
                    // The tree's name has another meaning here: each item of the tree would be an
                    // error.
                    errors.append(clash);
                    return errors.to_items();
                }
            }
            uses::find(&mut tree);
            expand::expand(&mut tree, &errors)
        }
        // The tree may be an item or an expression, which is unknown here: one `compile_error!` can
        // replace either, several cannot.
        Err(error) => errors.first_or(error).to_compile_error(),
    }
}

/// Returns the tokens that the user has written: those behind the path of the library.
fn without_path(tokens: TokenStream) -> TokenStream {
    tokens.into_iter().skip(1).collect()
}
