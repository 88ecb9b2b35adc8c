//! One option as it is written: its name, and the tokens of its value.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Path, Token, Type};

use super::key::{Key, ValueKind};
use super::setting::{self, Setting, ValueError};
use super::value::Value;

/// One option as written.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) ident: Ident,
    pub(crate) value: Value,
}

impl Item {
    /// Parses an option up to the comma after it.
    pub(super) fn parse(input: ParseStream) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected an option, such as `shutdown = 5s`"));
        }
        let ident = Ident::parse_any(input)?;
        let Ok(equals) = input.parse::<Token![=]>() else {
            if input.peek(Token![:]) {
                let message = format!("an option is written with `=`: `{ident} = …`");
                return Err(input.error(message));
            }
            return Ok(Self { ident, value: Value::Nothing });
        };
        let key = Key::parse(&ident.unraw().to_string());
        let value = match key.map(Key::value) {
            _ if input.is_empty() || input.peek(Token![,]) => Value::Missing(equals.span),
            Some(ValueKind::Type) => Value::Syntax(input.parse::<Type>()?.into_token_stream()),
            Some(ValueKind::Path) => {
                Value::Syntax(input.call(Path::parse_mod_style)?.into_token_stream())
            }
            _ => Value::Tokens(up_to_comma(input)),
        };
        Ok(Self { ident, value })
    }

    /// Returns the option's key; `None` for an unknown option.
    pub(crate) fn key(&self) -> Option<Key> {
        Key::parse(&self.ident.unraw().to_string())
    }

    /// Reads the value; returns `None` for an unknown option.
    pub(crate) fn setting(&self) -> Option<Result<Setting, ValueError>> {
        self.key().map(|key| setting::read(key.value(), &self.value))
    }

    /// Returns the span of the value's first token, or of the option's name if it has no value.
    pub(crate) fn value_span(&self) -> Span {
        let first = self.value_tokens().into_iter().next();
        first.map_or_else(|| self.ident.span(), |token| token.span())
    }

    /// Returns the span of the value's last token, such as the word in `RestartPolicy::Always`.
    pub(super) fn word_span(&self) -> Span {
        match &self.value {
            Value::Tokens(tokens) => {
                tokens.last().map_or_else(|| self.ident.span(), TokenTree::span)
            }
            _ => self.value_span(),
        }
    }

    /// Returns the tokens that an error about the value underlines: the whole value, or the
    /// option's name if it has no value.
    pub(crate) fn value_tokens(&self) -> TokenStream {
        match &self.value {
            Value::Nothing => self.ident.to_token_stream(),
            Value::Missing(equals) => quote_spanned!(*equals=> =),
            Value::Tokens(tokens) => tokens.iter().cloned().collect(),
            Value::Syntax(tokens) => tokens.clone(),
        }
    }
}

/// Returns whether an option with a value begins here.
pub(super) fn starts_option(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

/// Takes the tokens of a value, and leaves the comma after it.
pub(super) fn up_to_comma(input: ParseStream) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    // An option that follows without a comma is not a part of this value.
    while !input.is_empty()
        && !input.peek(Token![,])
        && (tokens.is_empty() || !starts_option(input))
    {
        match input.parse() {
            Ok(token) => tokens.push(token),
            Err(_) => break,
        }
    }
    tokens
}
