//! Parses a type that derives `Child` and its options.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::{Attribute, DeriveInput};

use super::check;
use crate::errors::Errors;
use crate::options::check::{Subject, missing, unknown};
use crate::options::key::{Key, Place};
use crate::options::{Item, Options, Value};
use crate::words::{Policy, Vocabulary, elsewhere};

/// A type that derives `Child`, as written.
pub(crate) struct Child<'a> {
    pub(crate) input: &'a DeriveInput,
    /// The options of all `#[child(…)]` together.
    pub(crate) options: Options,
    /// The error about a `#[child…]` that could not be read, and may have held any option, or about a
    /// `#[message…]`.
    unread: Option<syn::Error>,
}

/// The type of a child's messages.
pub(crate) enum Message {
    /// None is named: the child receives no messages.
    Unit,
    Type(TokenStream),
    /// A type is named and cannot be used, which has been reported.
    Unknown(syn::Error),
}

/// Returns whether an unknown option was meant as `message`, or holds the type of messages itself,
/// as in `#[child(Query)]`.
fn is_meant_as_message(item: &Item) -> bool {
    let name = item.ident.to_string();
    let is_type = name.starts_with(|first: char| first.is_uppercase());
    let is_policy = Policy::parse(&name).is_some() || Policy::meant_by(&name).is_some();
    let is_word = || elsewhere::options(&name).next() == Some(Key::Message);
    (is_type && !is_policy) || is_word() || Key::nearest(&name, Place::Derive) == Some(Key::Message)
}

impl<'a> Child<'a> {
    /// Parses the options; reports broken ones and leaves them out.
    pub(crate) fn parse(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let (mut options, mut unread) = (Options::default(), None);
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("child")) {
            match Self::options(attr, errors) {
                Ok(mut more) => options.items.append(&mut more.items),
                Err(error) => {
                    errors.push(error.clone());
                    unread.get_or_insert(error);
                }
            }
        }
        let unread = unread.or_else(|| check::message_attributes(input).next());
        Self { input, options, unread }
    }

    /// Returns the type of the child's messages.
    pub(crate) fn message(&self) -> Message {
        for item in &self.options.items {
            let error = match (item.key(), &item.value) {
                (Some(Key::Message), Value::Syntax(ty)) => match check::message_fault(ty) {
                    None => return Message::Type(ty.clone()),
                    Some(error) => error,
                },
                (Some(Key::Message), Value::Unreadable(error)) => error.clone(),
                (Some(Key::Message), _) => {
                    syn::Error::new_spanned(item.value_tokens(), missing(Key::Message))
                }
                (None, _) if is_meant_as_message(item) => syn::Error::new(
                    item.ident.span(),
                    unknown(item, Place::Derive, &Subject::default()),
                ),
                _ => continue,
            };
            return Message::Unknown(error);
        }
        self.unread.clone().map_or(Message::Unit, Message::Unknown)
    }

    fn options(attr: &Attribute, errors: &mut Errors) -> syn::Result<Options> {
        let Ok(list) = attr.meta.require_list() else {
            return Err(syn::Error::new_spanned(
                attr,
                "options stand in parentheses, as in `#[child(restart = Transient)]`",
            ));
        };
        let parser = |input: syn::parse::ParseStream| Ok(Options::parse(input, errors));
        parser.parse2(list.tokens.clone())
    }
}
