//! One option as it is written: its name, and the tokens of its value.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Path, Token, Type, token};

use super::key::{Key, ValueKind};
use super::setting::{self, Setting, ValueError};
use super::value::Value;
use crate::errors::Errors;
use crate::tree::compact;

/// One option as written, and what it means.
///
/// Many rules need the meaning, so it is parsed once.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) ident: Ident,
    pub(crate) value: Value,
    /// The error about another sign than `=` before the value.
    sign: Option<syn::Error>,
    key: Option<Key>,
    setting: Option<Result<Setting, ValueError>>,
}

impl Item {
    /// Parses an option up to the comma after it.
    pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Self> {
        if input.peek(Token![#]) && input.peek2(token::Bracket) {
            let attrs = input.call(Attribute::parse_outer)?;
            if let Some(attr) = attrs.first() {
                errors.on(attr, "an option has no attributes; put `#[cfg(…)]` on the child");
            }
        }
        if let Ok(string) = input.fork().parse::<LitStr>()
            && string.value().contains('=')
        {
            let message = format!("options have no quotes; write `{}`", string.value());
            return Err(syn::Error::new(string.span(), message));
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error("an option is written `name = value`, as in `shutdown = 5s`"));
        }
        let ident = name(input, errors)?;
        let key = Key::parse(&ident.unraw().to_string());
        let mut item = Self { ident, value: Value::Nothing, sign: None, key, setting: None };
        item.set_value(Value::Nothing);
        let Some(equals) = item.equals(input) else { return Ok(item) };
        if input.is_empty() || input.peek(Token![,]) {
            item.set_value(Value::Missing(equals));
        } else {
            item.set_tokens(up_to_comma(input));
            if let Value::Unreadable(error) = &item.value {
                errors.push(error.clone());
            }
        }
        Ok(item)
    }

    /// Parses the `=` of a value, and notes another sign in its place; returns its span.
    fn equals(&mut self, input: ParseStream) -> Option<Span> {
        let span = input.span();
        let is_double = input.peek(Token![==])
            || input.peek(Token![=>])
            || (input.peek(Token![:]) && input.peek2(Token![=]));
        let signs = if is_double {
            2
        } else if input.peek(Token![:]) && !input.peek(Token![::]) {
            1
        } else {
            return input.parse::<Token![=]>().ok().map(|equals| equals.span);
        };
        let ident = &self.ident;
        for _ in 0..signs {
            TokenTree::parse(input).ok()?;
        }
        let value = value_ahead(input);
        let message = format!("an option is written with `=`: `{ident} = {value}`");
        self.sign = Some(syn::Error::new(span, message));
        Some(span)
    }

    /// Sets the tokens of the value, from which the value of `message` and `crate` is parsed at
    /// once.
    pub(super) fn set_tokens(&mut self, tokens: Vec<TokenTree>) {
        let name = &self.ident;
        let value = match self.key.map(Key::value) {
            Some(ValueKind::Type) => syntax::<Type>(name, tokens, Parse::parse),
            Some(ValueKind::Path) => syntax::<Path>(name, tokens, Path::parse_mod_style),
            _ => Value::Tokens(tokens),
        };
        self.set_value(value);
    }

    fn set_value(&mut self, value: Value) {
        self.setting = self.key.map(|key| setting::read(key.value(), &value));
        self.value = value;
    }

    /// Returns the option's key; `None` for an unknown option.
    pub(crate) fn key(&self) -> Option<Key> {
        self.key
    }

    /// Forgets the sign before the value, for options whose place has been reported.
    pub(super) fn forget_sign(&mut self) {
        self.sign = None;
    }

    /// Returns the error about the sign before the value, if that is not `=`.
    pub(super) fn sign(&self) -> Option<&syn::Error> {
        self.sign.as_ref()
    }

    /// Returns what the value means; `None` for an unknown option.
    pub(crate) fn setting(&self) -> Option<Result<&Setting, &ValueError>> {
        self.setting.as_ref().map(Result::as_ref)
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
            Value::Unreadable(error) => Ident::new("_", error.span()).into_token_stream(),
        }
    }
}

/// Parses an option's name, and one with `-` between its words.
fn name(input: ParseStream, errors: &mut Errors) -> syn::Result<Ident> {
    let first = Ident::parse_any(input)?;
    let mut text = first.to_string();
    while input.peek(Token![-]) && input.peek2(Ident::peek_any) {
        input.parse::<Token![-]>()?;
        text.push('_');
        text.push_str(&Ident::parse_any(input)?.to_string());
    }
    if first == text {
        return Ok(first);
    }
    let Ok(name) = syn::parse_str::<Ident>(&text) else { return Ok(first) };
    errors.at(first.span(), format!("`-` is no part of an option's name; write `{name}`"));
    Ok(Ident::new(&text, first.span()))
}

/// Prints the value that follows, for a message.
fn value_ahead(input: ParseStream) -> String {
    let tokens: TokenStream = up_to_comma(&input.fork()).into_iter().collect();
    match compact(&tokens) {
        text if text.is_empty() || text.len() > 30 => "…".to_owned(),
        text => text,
    }
}

/// Parses the tokens of a type or a path.
fn syntax<T: ToTokens>(
    option: &Ident,
    tokens: Vec<TokenTree>,
    parse: impl FnOnce(ParseStream) -> syn::Result<T>,
) -> Value {
    let example = if option == "crate" { "::supervisor" } else { "Query" };
    if let [TokenTree::Literal(literal)] = tokens.as_slice() {
        let text = literal.to_string();
        let text = text.trim_matches('"');
        let what = if option == "crate" { "path" } else { "type" };
        let message = if syn::parse_str::<Type>(text).is_ok() {
            format!("a {what} has no quotes; write `{option} = {text}`")
        } else {
            format!("`{option}` takes a {what}, as in `{option} = {example}`")
        };
        return Value::Unreadable(syn::Error::new(literal.span(), message));
    }
    let (first, all) = (tokens.first().map(TokenTree::span), TokenStream::from_iter(tokens));
    let text = compact(&all);
    let is_open = text.matches('<').count() == text.matches('>').count() + 1;
    if let Ok(parsed) = Parser::parse2(parse, all) {
        return Value::Syntax(parsed.into_token_stream());
    }
    let message = if is_open {
        format!("the type lacks a `>`; write `{option} = {text}>`")
    } else {
        format!("this is no type; `{option}` takes one, as in `{option} = {example}`")
    };
    Value::Unreadable(syn::Error::new(first.unwrap_or_else(|| option.span()), message))
}

/// Returns whether an option with a value begins here.
pub(super) fn starts_option(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

/// Takes the tokens of a value, and leaves the comma after it.
///
/// A comma between the angle brackets of a type, as in `message = Pair<A, B>`, is a part of it.
pub(super) fn up_to_comma(input: ParseStream) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    // An option that follows without a comma is not a part of this value.
    while !input.is_empty()
        && !((input.peek(Token![,]) && (depth == 0 || option_follows(input)))
            || input.peek(Token![;]))
        && (tokens.is_empty() || depth > 0 || !starts_option(input))
    {
        match input.parse() {
            Ok(token) => {
                if let TokenTree::Punct(sign) = &token {
                    let arrow = matches!(tokens.last(), Some(TokenTree::Punct(last))
                        if last.as_char() == '-' && last.spacing() == Spacing::Joint);
                    match sign.as_char() {
                        '<' => depth += 1,
                        '>' if !arrow => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                }
                push(&mut tokens, token);
            }
            Err(_) => break,
        }
    }
    tokens
}

/// Returns whether an option follows the comma here: angle brackets before it were left open.
fn option_follows(input: ParseStream) -> bool {
    let ahead = input.fork();
    let is_known = |word: Ident| Key::parse(&word.to_string()).is_some();
    ahead.parse::<Token![,]>().is_ok()
        && ahead.call(Ident::parse_any).is_ok_and(is_known)
        && (ahead.peek(Token![=]) || ahead.peek(Token![,]) || ahead.is_empty())
}

/// Adds a token; those of a fragment that `macro_rules!` has passed on stand in a group without
/// delimiters.
fn push(tokens: &mut Vec<TokenTree>, token: TokenTree) {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            for token in group.stream() {
                push(tokens, token);
            }
        }
        token => tokens.push(token),
    }
}
