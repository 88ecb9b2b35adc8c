//! Tokens without their nesting, so that they can be damaged anywhere.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A token or a bracket, in the order in which they are written.
#[derive(Clone)]
pub(super) enum Flat {
    Leaf(TokenTree),
    Open(Delimiter),
    Close,
}

pub(super) fn flat(tokens: TokenStream) -> Vec<Flat> {
    let mut result = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                result.push(Flat::Open(group.delimiter()));
                result.extend(flat(group.stream()));
                result.push(Flat::Close);
            }
            token => result.push(Flat::Leaf(token)),
        }
    }
    result
}

/// Prints tokens of which the brackets need not match: what is open at the end is closed there.
pub(super) fn print_flat(tokens: &[Flat]) -> String {
    let mut text = String::new();
    let mut open = Vec::new();
    for token in tokens {
        match token {
            Flat::Leaf(token) => {
                text += &token.to_string();
                if !matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint) {
                    text.push(' ');
                }
            }
            Flat::Open(delimiter) => {
                let (start, end) = match delimiter {
                    Delimiter::Parenthesis | Delimiter::None => ("( ", ") "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::Bracket => ("[ ", "] "),
                };
                text += start;
                open.push(end);
            }
            Flat::Close => text += open.pop().unwrap_or_default(),
        }
    }
    while let Some(end) = open.pop() {
        text += end;
    }
    text
}
