//! Parses tokens into a [`Tree`]: its shape only, without checking rules.
//!
//! A child that cannot be parsed is reported, and parsing goes on after the comma before the next
//! child, so that two broken children give two errors and the others stay in the tree.

mod child;
mod path;
mod recovery;
mod supervisor;

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Token, Visibility, token};

use self::recovery::skip_to;
use super::ast::{Enclosure, Head, Param, Tree};
use crate::errors::Errors;

/// Parses as much of a tree as can be recognised.
///
/// # Errors
///
/// If the tree's shape cannot be recognised at all.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> syn::Result<Tree> {
    let parser = |input: ParseStream| {
        let tree = tree(input, errors);
        // syn reports tokens that a parser leaves, which would be a second error.
        input.parse::<TokenStream>()?;
        tree
    };
    parser.parse2(tokens)
}

fn tree(input: ParseStream, errors: &mut Errors) -> syn::Result<Tree> {
    let (krate, _) = bracketed(input)?;
    let generics = generics(input)?;
    let attrs = input.call(Attribute::parse_outer)?;
    let head = head(input, errors)?;
    if let (Some(head), Some(first)) = (&head, generics.first()) {
        let message = format!("a named tree such as `{}` has no type parameters", head.ident);
        errors.at(first.span(), message);
    }
    let root = supervisor::parse(input, head.as_ref().map(|head| &head.ident), errors)?;
    if !input.is_empty() && !matches!(root.enclosure, Enclosure::Missing(_)) {
        errors.push(input.error("unexpected tokens after the tree's last `}`"));
    }
    Ok(Tree { krate, generics, attrs, head, root })
}

/// Parses `for<Handler, …>` before a tree that is an expression: the parameters of the function
/// around the tree that the tree's types name.
fn generics(input: ParseStream) -> syn::Result<Vec<Ident>> {
    if !(input.peek(Token![for]) && input.peek2(Token![<])) {
        return Ok(Vec::new());
    }
    input.parse::<Token![for]>()?;
    input.parse::<Token![<]>()?;
    let mut generics = Vec::new();
    while !input.peek(Token![>]) {
        generics.push(input.parse()?);
        if input.parse::<Token![,]>().is_err() {
            break;
        }
    }
    input.parse::<Token![>]>()?;
    Ok(generics)
}

fn bracketed(input: ParseStream) -> syn::Result<(TokenStream, Span)> {
    let content;
    let bracket = syn::bracketed!(content in input);
    Ok((content.parse()?, bracket.span.join()))
}

/// Parses `vis? Name ("(" params ")")? ":"`, if the tree has a name.
fn head(input: ParseStream, errors: &mut Errors) -> syn::Result<Option<Head>> {
    let vis: Visibility = input.parse()?;
    if matches!(vis, Visibility::Inherited) && !has_name(input) {
        return Ok(None);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected the tree's name, as in `pub Shop: one_for_one { … }`"));
    }
    let mut ident = input.call(Ident::parse_any)?;
    // `pub struct Shop: …` has a word too many.
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
    // If braces follow, the strategy is missing too, which `supervisor::parse` reports.
    if input.parse::<Token![:]>().is_err() && !input.peek(token::Brace) {
        errors.push(input.error(format!("expected `:` after `{ident}`")));
    }
    Ok(Some(Head { vis, ident, params }))
}

/// Returns whether a word can be the name of a type.
fn is_name(ident: &Ident) -> bool {
    syn::parse_str::<Ident>(&ident.to_string()).is_ok()
}

/// Returns whether a name comes first: `Shop:`, `Shop(…):`, or, without its colon,
/// `Shop one_for_one`.
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
