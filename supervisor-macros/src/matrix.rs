//! `#[fault_matrix(…)]`: parse → check → expand.

mod check;
mod expand;

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{ItemFn, LitStr, Token};

use crate::errors::Errors;

/// The attribute with its function.
struct Matrix {
    /// The paths of the children.
    children: Vec<LitStr>,
    function: ItemFn,
}

/// Expands the attribute. Unit tests can make its tokens without a compiler.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        let message = "`#[fault_matrix(…)]` belongs on a function that returns a tree";
        let error = syn::Error::new_spanned(first_of(item.clone()), message);
        return with_item(item, &error);
    };
    let parser = Punctuated::<LitStr, Token![,]>::parse_terminated;
    let children = match parser.parse2(attribute) {
        Ok(children) => children.into_iter().collect(),
        Err(error) => {
            let message = "a child is named by its path in quotes, such as \"sub/cache\"";
            return with_item(item, &syn::Error::new(error.span(), message));
        }
    };
    let matrix = Matrix { children, function };
    let mut errors = Errors::default();
    check::check(&matrix, &mut errors);
    expand::expand(&matrix, &errors)
}

fn first_of(item: TokenStream) -> TokenStream {
    item.into_iter().take(1).collect()
}

/// Returns the error, with the item as it is: a second error about the item would hide the first.
fn with_item(item: TokenStream, error: &syn::Error) -> TokenStream {
    let mut tokens = error.to_compile_error();
    tokens.extend(item);
    tokens
}
