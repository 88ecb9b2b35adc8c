//! Tests of the macros on tokens, without a compiler.

mod editor;
mod fuzz;
mod leases;
mod messages;
mod newcomers;
mod option_table;
mod other_tools;
mod properties;
mod snapshots;

use proc_macro2::{TokenStream, TokenTree};

use crate::reader::Reader;

/// Expands a tree as written in a program; the library is `::supervisor`.
fn tree(text: &str) -> TokenStream {
    crate::tree::expand(format!("[::supervisor] {text}").parse().unwrap(), Reader::Compiler)
}

/// Expands a tree as rust-analyzer does.
fn tree_in_editor(text: &str) -> TokenStream {
    crate::tree::expand(format!("[::supervisor] {text}").parse().unwrap(), Reader::Editor)
}

fn derive(text: &str) -> TokenStream {
    crate::child::expand(text.parse().unwrap(), Reader::Compiler)
}

/// Expands a derive as rust-analyzer does.
fn derive_in_editor(text: &str) -> TokenStream {
    crate::child::expand(text.parse().unwrap(), Reader::Editor)
}

fn matrix(attribute: &str, item: &str) -> TokenStream {
    crate::matrix::expand(attribute.parse().unwrap(), item.parse().unwrap())
}

/// Returns the messages of all `compile_error!`s in an expansion, each once, in order.
fn messages(expansion: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    collect(expansion, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let mut is_message = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_message = ident == "compile_error",
            TokenTree::Group(group) if is_message => {
                let message: syn::LitStr = syn::parse2(group.stream()).unwrap();
                if !found.contains(&message.value()) {
                    found.push(message.value());
                }
                is_message = false;
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
