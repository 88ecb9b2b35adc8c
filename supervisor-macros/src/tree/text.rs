//! Prints tokens for messages and documentation.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Prints tokens as a person writes them: `store::Cache<u64>`, `100ms..30s`.
pub(crate) fn compact(tokens: &TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: &TokenStream, text: &mut String) {
    let mut after_word = false;
    for token in tokens.clone() {
        let is_word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if is_word && after_word {
            text.push(' ');
        }
        after_word = is_word;
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(&group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                let alone = punct.spacing() == Spacing::Alone;
                match punct.as_char() {
                    ',' => text.push_str(", "),
                    sign @ ('=' | '+') if alone => {
                        text.push(' ');
                        text.push(sign);
                        text.push(' ');
                    }
                    sign => text.push(sign),
                }
            }
            other => text.push_str(&other.to_string()),
        }
    }
}
