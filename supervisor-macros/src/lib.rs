//! The macros of the `supervisor` crate.

mod child;
mod depth;
mod errors;
mod joined;
mod matrix;
mod options;
mod reader;
#[cfg(test)]
mod tests;
mod tree;
mod walk;
mod words;

use proc_macro::TokenStream;

use reader::Reader;

/// Expands `supervisor::supervision_tree!`, which passes the path of the library in front.
#[doc(hidden)]
#[proc_macro]
pub fn tree(tokens: TokenStream) -> TokenStream {
    tree::expand(tokens.into(), Reader::current()).into()
}

/// Implements `Child` for a struct.
#[proc_macro_derive(Child, attributes(child, message))]
pub fn child(tokens: TokenStream) -> TokenStream {
    child::expand(tokens.into(), Reader::current()).into()
}

/// Makes a test for each child, fault and moment.
#[proc_macro_attribute]
pub fn fault_matrix(attribute: TokenStream, item: TokenStream) -> TokenStream {
    matrix::expand(attribute.into(), item.into()).into()
}
