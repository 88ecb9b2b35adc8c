//! From tokens to a [`Tree`]: shape only, no judgement.
//!
//! A child that cannot be parsed is reported and left behind at the comma before the next one,
//! so that two broken children give two errors and the others keep their place in the tree.

mod child;
mod path;

use proc_macro2::{Delimiter, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::discouraged::AnyDelimiter;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, Token, Visibility, token};

use super::ast::{Child, Enclosure, Head, Param, Supervisor, Tree};
use crate::errors::Errors;
use crate::options::Options;
use crate::options::key::Key;
use crate::words::{Strategy, Vocabulary, Word};

/// Reads a tree: as much of it as there is.
///
/// Fails only where nothing is known of the tree's shape.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> syn::Result<Tree> {
    let parser = |input: ParseStream| {
        let tree = tree(input, errors);
        // What a parser leaves behind would be a second error.
        input.parse::<TokenStream>()?;
        tree
    };
    parser.parse2(tokens)
}

fn tree(input: ParseStream, errors: &mut Errors) -> syn::Result<Tree> {
    let (krate, _) = bracketed(input)?;
    let attrs = input.call(Attribute::parse_outer)?;
    let head = head(input, errors)?;
    let root = supervisor(input, head.as_ref().map(|head| &head.ident), errors)?;
    if !input.is_empty() && !matches!(root.enclosure, Enclosure::Missing(_)) {
        errors.push(input.error("unexpected tokens after the tree's last `}`"));
    }
    Ok(Tree { krate, attrs, head, root })
}

fn bracketed(input: ParseStream) -> syn::Result<(TokenStream, Span)> {
    let content;
    let bracket = syn::bracketed!(content in input);
    Ok((content.parse()?, bracket.span.join()))
}

/// `vis? Name ("(" params ")")? ":"`, if the tree has a name.
fn head(input: ParseStream, errors: &mut Errors) -> syn::Result<Option<Head>> {
    let vis: Visibility = input.parse()?;
    if matches!(vis, Visibility::Inherited) && !has_name(input) {
        return Ok(None);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected the tree's name, as in `pub Shop: one_for_one { … }`"));
    }
    let mut ident = input.call(Ident::parse_any)?;
    // `pub struct Shop: …`: a word too many.
    while !is_name(&ident) {
        let word = ident;
        let message =
            format!("a tree's name cannot be `{word}`; write `Shop: one_for_one {{ … }}`");
        if !input.peek(Ident::peek_any) {
            return Err(syn::Error::new(word.span(), message));
        }
        errors.at(
            word.span(),
            format!("not expected here; a tree begins with its name, not `{word}`"),
        );
        ident = input.call(Ident::parse_any)?;
    }
    if input.peek(Token![<]) {
        errors.push(input.error(format!("a named tree such as `{ident}` has no type parameters")));
        input.parse::<syn::AngleBracketedGenericArguments>()?;
    }
    let params = if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        params(&content, errors)
    } else {
        Vec::new()
    };
    // Braces here are a missing strategy, which is told in its place.
    if input.parse::<Token![:]>().is_err() && !input.peek(token::Brace) {
        errors.push(input.error(format!("expected `:` after `{ident}`")));
    }
    Ok(Some(Head { vis, ident, params }))
}

/// Whether it can be the name of a type.
fn is_name(ident: &Ident) -> bool {
    syn::parse_str::<Ident>(&ident.to_string()).is_ok()
}

/// Whether a name stands in front: `Shop:`, `Shop(…):`, or, without its colon, `Shop one_for_one`.
///
/// `one_for_al(…) {` is a misspelt strategy, not a name.
fn has_name(input: ParseStream) -> bool {
    let ahead = input.fork();
    if ahead.call(Ident::parse_any).is_err() {
        return false;
    }
    if ahead.peek(Token![<]) && ahead.parse::<syn::AngleBracketedGenericArguments>().is_err() {
        return false;
    }
    if ahead.peek(token::Paren) && ahead.parse::<proc_macro2::Group>().is_err() {
        return false;
    }
    (ahead.peek(Token![:]) && !ahead.peek(Token![::])) || ahead.peek(Ident::peek_any)
}

fn params(input: ParseStream, errors: &mut Errors) -> Vec<Param> {
    let mut params = Vec::new();
    while !input.is_empty() {
        match input.call(param) {
            Ok(param) => params.push(param),
            Err(error) => {
                errors.push(error);
                skip_to(input, |input| input.peek(Token![,]));
            }
        }
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            errors.push(input.error("expected `,` after this parameter"));
            skip_to(input, |input| input.peek(Token![,]));
            let _ = input.parse::<Token![,]>();
        }
    }
    params
}

fn param(input: ParseStream) -> syn::Result<Param> {
    const SHAPE: &str = "a tree's parameter is written `name: Type`";
    if input.peek(Token![mut]) || input.peek(Token![&]) || input.peek(Token![self]) {
        return Err(input.error(SHAPE));
    }
    let ident: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), SHAPE))?;
    input.parse::<Token![:]>().map_err(|_| syn::Error::new(ident.span(), SHAPE))?;
    Ok(Param { ident, ty: input.parse()? })
}

/// `strategy ("(" options ")")? "{" children "}"`
///
/// Called where a supervisor is certain; `subject` is its name, for messages.
fn supervisor(
    input: ParseStream,
    subject: Option<&Ident>,
    errors: &mut Errors,
) -> syn::Result<Supervisor> {
    if input.is_empty() {
        let message = match subject {
            Some(name) => format!("expected a supervisor: `{name}: one_for_one {{ … }}`"),
            None => "expected a supervisor: `one_for_one { … }`".to_owned(),
        };
        // At the end of the macro there is no token to point at but the name.
        let place = subject.map_or_else(|| input.span(), Ident::span);
        return Err(syn::Error::new(place, message));
    }
    let strategy = if input.peek(token::Brace) {
        let message = match subject {
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

/// Whether the parentheses ahead hold children, where options belong: `(worker: Always)`.
fn holds_children(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.parse_any_delimiter().is_ok_and(|(_, _, content)| {
        // `max_restarts: 3` is an option, written as elsewhere.
        let word = content.fork().call(Ident::parse_any).map(|word| word.to_string());
        starts_child(&content) && !word.is_ok_and(|word| Key::parse(&word).is_some())
    })
}

fn children(input: ParseStream, errors: &mut Errors) -> Vec<Child> {
    let mut children = Vec::new();
    while !input.is_empty() {
        match child::parse(input, errors) {
            Ok(child) => {
                let name = child.name.to_string();
                let is_broken = matches!(child.body, super::ast::Body::Broken(_));
                children.push(child);
                if is_broken {
                    // `a:` above `b: Always` lacks its comma too; `b` is whole.
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

/// The comma between two children.
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

/// Goes behind the next comma that a child follows.
///
/// The comma alone says too little: one inside `Cache<K, V>` is no end of a child.
fn skip_to_next_child(input: ParseStream) {
    loop {
        skip_to(input, |input| input.peek(Token![,]));
        if input.parse::<Token![,]>().is_err() || input.is_empty() || starts_child(input) {
            return;
        }
    }
}

/// Whether a child could start here: an attribute, or a name and a colon.
fn starts_child(input: ParseStream) -> bool {
    input.peek(Token![#])
        || (input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]))
}

fn skip_to(input: ParseStream, stop: impl Fn(ParseStream) -> bool) {
    while !input.is_empty() && !stop(input) {
        if proc_macro2::TokenTree::parse(input).is_err() {
            return;
        }
    }
}
