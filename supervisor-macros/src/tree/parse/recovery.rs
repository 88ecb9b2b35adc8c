//! Skips the tokens of a mistake, so that parsing can go on after it.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Token};

/// Skips all tokens up to the next comma that a child follows, and that comma.
///
/// A comma alone is not enough: one inside `Cache<K, V>` does not end a child.
pub(super) fn skip_to_next_child(input: ParseStream) {
    loop {
        skip_to(input, |input| input.peek(Token![,]));
        if input.parse::<Token![,]>().is_err() || input.is_empty() || starts_child(input) {
            return;
        }
    }
}

/// Returns whether a child could start here: an attribute, or a name and a colon.
pub(super) fn starts_child(input: ParseStream) -> bool {
    (input.peek(Token![#]) && input.peek2(syn::token::Bracket))
        || (input.peek(Ident::peek_any)
            && input.peek2(Token![:])
            && !input.peek2(Token![::])
            // `Type := value`
            && !input.peek3(Token![=]))
}

/// Skips tokens until `stop` holds, or to the end.
pub(super) fn skip_to(input: ParseStream, stop: impl Fn(ParseStream) -> bool) {
    while !input.is_empty() && !stop(input) {
        if TokenTree::parse(input).is_err() {
            return;
        }
    }
}

/// Returns the tokens from one place to a later one.
pub(super) fn between(start: ParseStream, end: ParseStream) -> TokenStream {
    let start = start.fork();
    let mut tokens = TokenStream::new();
    while start.cursor() < end.cursor() {
        match start.parse::<TokenTree>() {
            Ok(token) => tokens.extend([token]),
            Err(_) => break,
        }
    }
    tokens
}

/// Parses words with `-` between them, `one-for-one`, as one word with the span of the first, and
/// the text that Rust would have for it; parses nothing if no such words stand here.
pub(super) fn kebab(input: ParseStream) -> Option<(Ident, String)> {
    let ahead = input.fork();
    let first = ahead.call(Ident::parse_any).ok()?;
    let mut text = first.to_string();
    let mut parts = 0;
    while ahead.peek(Token![-]) && ahead.peek2(Ident::peek_any) && !ahead.peek(Token![->]) {
        ahead.parse::<Token![-]>().ok()?;
        text.push('_');
        text.push_str(&ahead.call(Ident::parse_any).ok()?.to_string());
        parts += 1;
    }
    if parts == 0 {
        return None;
    }
    for _ in 0..=2 * parts {
        TokenTree::parse(input).ok()?;
    }
    Some((first, text))
}
