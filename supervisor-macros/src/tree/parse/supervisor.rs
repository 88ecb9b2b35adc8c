//! Parses supervisors and their lists of children.

use proc_macro2::Delimiter;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::AnyDelimiter;
use syn::{Attribute, Ident, Token, token};

use super::super::ast::{Body, Child, Enclosure, Supervisor, Validity};
use super::super::names;
use super::child::{is_lower, task_or_typed};
use super::recovery::{skip_to_next_child, starts_child};
use crate::errors::Errors;
use crate::options::Options;
use crate::options::key::Key;
use crate::words::{Strategy, Vocabulary, Word};

/// Parses `strategy ("(" options ")")? "{" children "}"`.
///
/// The caller is certain that a supervisor stands here; `name` is for messages.
pub(super) fn parse(
    input: ParseStream,
    name: Option<&Ident>,
    errors: &mut Errors,
) -> syn::Result<Supervisor> {
    if input.is_empty() {
        let message = match name {
            Some(name) => format!("expected a supervisor: `{name}: one_for_one {{ … }}`"),
            None => "expected a supervisor: `one_for_one { … }`".to_owned(),
        };
        // At the end of the macro there is no token to point at but the name.
        let place = name.map_or_else(|| input.span(), Ident::span);
        return Err(syn::Error::new(place, message));
    }
    let strategy = if input.peek(token::Brace) {
        let message = match name {
            Some(name) => {
                format!("supervisor `{name}` has no strategy; write `{name}: one_for_one {{ … }}`")
            }
            None => "this supervisor has no strategy; write `one_for_one { … }`".to_owned(),
        };
        errors.at(input.cursor().span(), message);
        let ident = Ident::new(Strategy::OneForOne.as_str(), input.cursor().span());
        Word { ident, known: Some(Strategy::OneForOne) }
    } else if input.peek(Ident::peek_any) {
        let ident = input.call(Ident::parse_any)?;
        let known = Strategy::parse(&ident.to_string());
        Word { ident, known }
    } else {
        let message = format!("expected a strategy: {}", Strategy::list());
        return Err(input.error(message));
    };
    let mut options = Options::default();
    if input.peek(token::Paren) && !holds_children(input) {
        let content;
        syn::parenthesized!(content in input);
        options = Options::parse(&content, errors);
    }
    let mut enclosure = Enclosure::Missing(strategy.ident.span());
    if input.peek(Token![<]) {
        enclosure = Enclosure::Wrong(input.cursor().span());
        let _ = input.parse::<syn::AngleBracketedGenericArguments>();
    }
    let mut children = Vec::new();
    if let Ok((delimiter, span, content)) = input.parse_any_delimiter() {
        if !matches!(enclosure, Enclosure::Wrong(_)) {
            enclosure = match delimiter {
                Delimiter::Brace => Enclosure::Braces,
                _ => Enclosure::Wrong(span.open()),
            };
        }
        children = self::children(&content, errors);
    }
    Ok(Supervisor { strategy, options, enclosure, children, handle: None })
}

/// Returns whether the parentheses ahead hold children, where options belong: `(worker: Always)`.
fn holds_children(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.parse_any_delimiter().is_ok_and(|(_, _, content)| {
        // `max_restarts: 3` is an option in the syntax of other languages.
        let word = content.fork().call(Ident::parse_any).map(|word| word.to_string());
        starts_child(&content) && !word.is_ok_and(|word| Key::parse(&word).is_some())
    })
}

fn children(input: ParseStream, errors: &mut Errors) -> Vec<Child> {
    let mut children = Vec::new();
    while !input.is_empty() {
        match child(input, errors) {
            Ok(child) => {
                let name = child.name.to_string();
                let is_broken = matches!(child.body, Body::Broken(_));
                children.push(child);
                if is_broken {
                    // If `b: Always` follows an empty `a:`, no token of `b` may be skipped.
                    if !starts_child(input) {
                        skip_to_next_child(input);
                    }
                } else {
                    after_child(input, &name, errors);
                }
            }
            Err(error) => {
                errors.push(error);
                skip_to_next_child(input);
            }
        }
    }
    children
}

/// Parses the comma between two children.
fn after_child(input: ParseStream, name: &str, errors: &mut Errors) {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return;
    }
    if input.peek(Token![;]) {
        errors.push(input.error("children are separated by `,`"));
        let _ = input.parse::<Token![;]>();
        return;
    }
    errors.push(input.error(format!("expected `,` after the child `{name}`")));
    if !starts_child(input) {
        skip_to_next_child(input);
    }
}

/// Parses `attrs? name ":" …`; keeps a child with a name, however broken it is.
///
/// # Errors
///
/// If the child has no name.
fn child(input: ParseStream, errors: &mut Errors) -> syn::Result<Child> {
    let is_attribute = !input.peek(Token![#]) || input.peek2(token::Bracket);
    let attrs = if is_attribute { input.call(Attribute::parse_outer)? } else { Vec::new() };
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected a child, as in `name: Always` or `name: Type = value`"));
    }
    let name = input.call(Ident::parse_any)?;
    let body = match body(input, &name, errors) {
        Ok(body) => body,
        Err(error) => {
            errors.push(error.clone());
            Body::Broken(error)
        }
    };
    Ok(Child { attrs, name, body, validity: Validity::Valid, place: None })
}

fn body(input: ParseStream, name: &Ident, errors: &mut Errors) -> syn::Result<Body> {
    if !input.peek(Token![:]) || input.peek(Token![::]) {
        let text = name.to_string();
        let message = if is_lower(&text) {
            format!(
                "expected `:` after `{name}`; a child is `{name}: Always`, or `{name}: Type = value`"
            )
        } else {
            format!("a child has a name; write `{}: {name}`", names::snake(&text))
        };
        // At the end of the braces there is no token to point at but the name.
        let span = if input.is_empty() { name.span() } else { input.span() };
        return Err(syn::Error::new(span, message));
    }
    let colon: Token![:] = input.parse()?;
    if input.is_empty() || input.peek(Token![,]) || starts_child(input) {
        let message = format!(
            "`{name}` has nothing after its colon; write a policy such as `Always`, a type, or a supervisor"
        );
        return Err(syn::Error::new(colon.span, message));
    }
    if is_supervisor(input) {
        return parse(input, Some(name), errors).map(|nested| Body::Supervisor(Box::new(nested)));
    }
    task_or_typed(input, name, errors)
}

/// Returns whether a supervisor stands here, perhaps with a misspelt strategy.
fn is_supervisor(input: ParseStream) -> bool {
    if input.peek(token::Brace) {
        return true;
    }
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return false };
    let text = word.to_string();
    if Strategy::parse(&text).is_some() {
        return true;
    }
    let near = Strategy::nearest(&text).is_some();
    if near && is_lower(&text) && !ahead.peek(Token![::]) {
        return true;
    }
    if ahead.peek(token::Paren) && ahead.parse::<proc_macro2::Group>().is_err() {
        return false;
    }
    // `sub: one_for { … }` is a supervisor; `db: Database { … }` a type with its value.
    ahead.peek(token::Brace) && (near || is_lower(&text))
}
