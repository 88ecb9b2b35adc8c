//! The options in parentheses: one grammar for the tree and for `#[child(…)]`.
//!
//! Parsing keeps the tokens of a value as they are; [`Item::setting`] reads them, and the rules
//! in [`check`] put a name to what cannot be read. So a wrong value costs that option only.

pub(crate) mod check;
mod duration;
pub(crate) mod key;
pub(crate) mod setting;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Path, Token, Type};

use crate::errors::Errors;
use key::{Key, Place};
use setting::{Fault, Setting};

/// What stands in one pair of parentheses.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) items: Vec<Item>,
}

/// One option as written.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) ident: Ident,
    pub(crate) value: Value,
}

/// What stands after an option's name.
#[derive(Clone)]
pub(crate) enum Value {
    /// Nothing: the option is a flag.
    Nothing,
    /// `=` and nothing.
    Missing(Span),
    /// Literals and words.
    Tokens(Vec<TokenTree>),
    /// The type of `message = Query<T>`, the path of `crate = some::path`.
    Syntax(TokenStream),
}

impl Item {
    /// Which option it is, if there is such an option.
    pub(crate) fn key(&self) -> Option<Key> {
        Key::parse(&self.ident.unraw().to_string())
    }

    /// What it sets, or why that cannot be said; nothing for an unknown option.
    pub(crate) fn setting(&self) -> Option<Result<Setting, Fault>> {
        self.key().map(|key| setting::read(key, self))
    }

    /// The place of the value's first token, or of the option if it has no value.
    pub(crate) fn value_span(&self) -> Span {
        let first = self.value_tokens().into_iter().next();
        first.map_or_else(|| self.ident.span(), |token| token.span())
    }

    /// What to point at where the value is wrong: all of it, or the option if it has none.
    pub(crate) fn value_tokens(&self) -> TokenStream {
        match &self.value {
            Value::Nothing => self.ident.to_token_stream(),
            Value::Missing(equals) => quote_spanned!(*equals=> =),
            Value::Tokens(tokens) => tokens.iter().cloned().collect(),
            Value::Syntax(tokens) => tokens.clone(),
        }
    }
}

impl Options {
    /// Reads up to the end of the parentheses; a broken option is reported and left out.
    pub(crate) fn parse(input: ParseStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        while !input.is_empty() {
            match Item::parse(input) {
                Ok(item) => options.items.push(item),
                Err(error) => {
                    errors.push(error);
                    skip_to_comma(input);
                }
            }
            if input.is_empty() {
                break;
            }
            if input.parse::<Token![,]>().is_err() {
                let last = options.items.last_mut();
                errors.push(without_comma(last, input));
                if !starts_option(input) {
                    skip_to_comma(input);
                    let _ = input.parse::<Token![,]>();
                }
            }
        }
        options
    }

    /// The first readable setting of an option that may stand here, with its item.
    ///
    /// Later ones and misplaced ones are errors; what follows from them would be noise.
    pub(crate) fn find<T>(
        &self,
        place: Place,
        want: impl Fn(Setting) -> Option<T>,
    ) -> Option<(&Item, T)> {
        self.settings(place).find_map(|(item, _, setting)| want(setting).map(|value| (item, value)))
    }

    /// The readable settings that may stand here, each option once.
    pub(crate) fn settings(&self, place: Place) -> impl Iterator<Item = (&Item, Key, Setting)> {
        self.items.iter().enumerate().filter_map(move |(index, item)| {
            let key = item.key().filter(|key| key.is_allowed(place))?;
            let first = self.items.iter().take(index).all(|earlier| earlier.key() != Some(key));
            let setting = item.setting()?.ok()?;
            first.then_some((item, key, setting))
        })
    }
}

impl Item {
    fn parse(input: ParseStream) -> syn::Result<Self> {
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
        let value = match key {
            _ if input.is_empty() || input.peek(Token![,]) => Value::Missing(equals.span),
            Some(Key::Message) => Value::Syntax(input.parse::<Type>()?.into_token_stream()),
            Some(Key::Crate) => {
                Value::Syntax(input.call(Path::parse_mod_style)?.into_token_stream())
            }
            _ => Value::Tokens(up_to_comma(input)),
        };
        Ok(Self { ident, value })
    }
}

/// The error where an option is followed by something else than a comma. What is its value all the
/// same, as in `every 30s` and `every(30s)`, is taken for it, so that nothing else seems to lack.
fn without_comma(last: Option<&mut Item>, input: ParseStream) -> syn::Error {
    let Some(item) = last else { return input.error("expected `,`") };
    let name = &item.ident;
    let is_value = input.peek(syn::Lit) || input.peek(syn::token::Paren);
    if !is_value || !matches!(item.value, Value::Nothing) {
        return input.error(format!("expected `,` after the option `{name}`"));
    }
    let tokens: Vec<TokenTree> = match input.fork().parse() {
        Ok(TokenTree::Group(group)) => group.stream().into_iter().collect(),
        Ok(token) => vec![token],
        Err(error) => return error,
    };
    let value: String = tokens.iter().map(ToString::to_string).collect();
    let error = input.error(format!("a value stands after `=`; write `{name} = {value}`"));
    item.value = Value::Tokens(tokens);
    error
}

fn up_to_comma(input: ParseStream) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    // Two options without a comma between them are not one.
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

fn starts_option(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

fn skip_to_comma(input: ParseStream) {
    up_to_comma(input);
}
