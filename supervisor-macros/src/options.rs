//! The options in parentheses: one grammar for the tree and for `#[child(…)]`.
//!
//! Parsing keeps the tokens of a value as they are; [`Item::setting`] reads them, and the rules
//! in [`check`] report values that cannot be read. So a wrong value costs its own option only.

pub(crate) mod check;
pub(crate) mod duration;
mod item;
pub(crate) mod key;
pub(crate) mod setting;
mod value;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Token};

pub(crate) use item::Item;
pub(crate) use value::Value;

use crate::errors::Errors;
use crate::tree::compact;
use item::{starts_option, up_to_comma};
use key::{Key, Place, ValueKind};
use setting::Setting;

/// The options in one pair of parentheses.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) items: Vec<Item>,
}

impl Options {
    /// Parses up to the end of the parentheses; reports a broken option and leaves it out.
    pub(crate) fn parse(input: ParseStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        while !input.is_empty() {
            match Item::parse(input, errors) {
                Ok(item) => options.items.push(item),
                Err(error) => {
                    errors.push(error);
                    up_to_comma(input);
                }
            }
            if input.is_empty() {
                break;
            }
            if input.peek(Token![;]) {
                errors.push(input.error("options are separated by `,`"));
                let _ = input.parse::<Token![;]>();
            } else if input.parse::<Token![,]>().is_err() {
                let last = options.items.last_mut();
                errors.push(comma_missing(last, input));
                if !starts_option(input) {
                    up_to_comma(input);
                    let _ = input.parse::<Token![,]>();
                }
            }
        }
        options
    }

    /// Parses options in braces, which have been reported: the signs between them, which other
    /// languages have in braces, are no second error.
    pub(crate) fn parse_misplaced(input: ParseStream) -> Self {
        let mut options = Self::parse(input, &mut Errors::default());
        options.items.iter_mut().for_each(Item::forget_sign);
        options
    }

    /// Returns the first readable setting of an option that may stand at this place, with its item.
    ///
    /// Repeated and misplaced options have been reported; errors that follow from them would be
    /// noise.
    pub(crate) fn find<T>(
        &self,
        place: Place,
        want: impl Fn(Setting) -> Option<T>,
    ) -> Option<(&Item, T)> {
        for (item, _, setting) in self.settings(place) {
            if let Some(value) = want(setting) {
                return Some((item, value));
            }
        }
        None
    }

    /// Returns the readable settings of options that may stand at this place, each option once.
    pub(crate) fn settings(&self, place: Place) -> Vec<(&Item, Key, Setting)> {
        let settings = self.items.iter().enumerate().filter_map(|(index, item)| {
            let key = item.key().filter(|key| key.is_allowed(place))?;
            let first = self.items.iter().take(index).all(|earlier| earlier.key() != Some(key));
            let setting = item.setting()?.ok()?;
            (first && fits(key, setting, place)).then(|| (item, key, setting.clone()))
        });
        // A list, since the many callers' adapters would be compiled for this iterator again.
        settings.collect()
    }

    /// Returns whether the option is written, however wrong its value is.
    pub(crate) fn contains(&self, key: Key) -> bool {
        self.items.iter().any(|item| item.key() == Some(key))
    }
}

/// Returns whether the kind of a value is the one that the option has at this place.
fn fits(key: Key, setting: &Setting, place: Place) -> bool {
    let is_flag = matches!(setting, Setting::Flag(_));
    key != Key::Drain || is_flag != matches!(place, Place::Root { .. })
}

/// Returns the error for an option that no comma follows.
///
/// A value without its `=`, as in `every 30s` and `every(30s)`, becomes the option's value, so that
/// no second error reports it as missing.
fn comma_missing(last: Option<&mut Item>, input: ParseStream) -> syn::Error {
    let Some(item) = last else { return input.error("expected `,`") };
    let name = &item.ident;
    let is_value = input.peek(syn::Lit)
        || input.peek(syn::token::Paren)
        || (item.key().is_some_and(|key| key.value() == ValueKind::Type)
            && input.peek(Ident::peek_any));
    if !is_value || !matches!(item.value, Value::Nothing) {
        return input.error(format!("expected `,` after the option `{name}`"));
    }
    let tokens: Vec<TokenTree> = match input.fork().parse() {
        Ok(TokenTree::Group(group)) => group.stream().into_iter().collect(),
        Ok(token) => vec![token],
        Err(error) => return error,
    };
    let stream: TokenStream = tokens.iter().cloned().collect();
    let value = compact(&stream);
    if item.key().is_some_and(|key| key.value() == ValueKind::Names) {
        // `after(db)`: the list is that of the parentheses.
        let value = value.trim_matches(['[', ']']);
        let error = input.error(format!("a value stands after `=`; write `{name} = [{value}]`"));
        let names = match tokens.as_slice() {
            [TokenTree::Group(_)] => tokens,
            _ => vec![Group::new(Delimiter::Bracket, stream).into()],
        };
        item.set_tokens(names);
        return error;
    }
    let error = input.error(format!("a value stands after `=`; write `{name} = {value}`"));
    item.set_tokens(tokens);
    error
}

/// Returns whether options stand here, and not the fields of a value: `shutdown = 5s`, or
/// `shutdown: 5s`.
pub(crate) fn begins_with_option(input: ParseStream) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return false };
    if ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]) {
        return true;
    }
    // A field may have an option's name; its value has no unit.
    let is_option = Key::parse(&word.to_string()).is_some();
    is_option
        && ahead.parse::<Token![:]>().is_ok()
        && ahead
            .parse::<syn::Lit>()
            .is_ok_and(|literal| is_duration(&literal.to_token_stream().to_string()))
}

/// Returns whether the text of a literal is that of a duration.
pub(crate) fn is_duration(literal: &str) -> bool {
    duration::parse(literal).is_ok()
}
