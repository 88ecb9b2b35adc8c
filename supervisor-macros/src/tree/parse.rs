//! Parses tokens into a [`Tree`]: its shape only, without checking rules.
//!
//! A child that cannot be parsed is reported, and parsing goes on after the comma before the next
//! child, so that two broken children give two errors and the others stay in the tree.

mod child;
mod children;
mod head;
mod mistakes;
mod options;
mod params;
mod path;
mod recovery;
mod supervisor;

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Token};

use super::ast::{Enclosure, Tree};
use crate::errors::Errors;
use crate::reader::Reader;

/// Parses as much of a tree as can be recognised.
///
/// # Errors
///
/// If the tree's shape cannot be recognised at all.
pub(crate) fn parse(tokens: TokenStream, reader: Reader, errors: &mut Errors) -> syn::Result<Tree> {
    let parser = |input: ParseStream| {
        let tree = tree(input, reader, errors);
        // syn reports tokens that a parser leaves, which would be a second error.
        input.parse::<TokenStream>()?;
        tree
    };
    parser.parse2(tokens)
}

fn tree(input: ParseStream, reader: Reader, errors: &mut Errors) -> syn::Result<Tree> {
    let (krate, _) = bracketed(input)?;
    let generics = generics(input)?;
    head::not_a_map(input)?;
    head::before_tree(input, errors);
    let attrs = input.call(Attribute::parse_outer)?;
    let (mut head, strategy) = head::parse(input, &krate, errors)?.unzip();
    let mut strategy = strategy.flatten();
    if let (Some(head), Some(first)) = (&head, generics.first()) {
        let message = format!("a named tree such as `{}` has no type parameters", head.ident);
        errors.at(first.span(), message);
    }
    let start = input.fork();
    if let Some(head) = &mut head {
        strategy = strategy.or_else(|| head::params_behind_strategy(input, head, &krate, errors));
    }
    let name = head.as_ref().map(|head| &head.ident);
    let root = match supervisor::parse(input, name, strategy, errors) {
        // In an editor, the name of the tree is there before its strategy.
        Err(error) if reader == Reader::Editor && head.is_some() => {
            errors.push(error);
            supervisor::unfinished()
        }
        parsed => parsed?,
    };
    let raw = recovery::between(&start, input);
    if !input.is_empty() && !matches!(root.enclosure, Enclosure::Missing(_)) {
        let is_tree = input.peek(Token![pub]) || (input.peek(Ident) && input.peek2(Token![:]));
        errors.push(input.error(if input.peek(Token![;]) {
            "a tree ends with its last `}`; leave `;` out"
        } else if input.peek(Token![,]) {
            "a tree ends with its last `}`; leave `,` out"
        } else if input.peek(Token![where]) {
            "a named tree has no type parameters, and no `where`; a tree in a generic function is an expression without a name"
        } else if is_tree {
            "the macro holds one tree; another one has its own `supervision_tree! { … }`"
        } else {
            "unexpected tokens after the tree's last `}`"
        }));
    }
    let is_deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let permission = is_deprecated.then(|| syn::parse_quote!(#[allow(deprecated)]));
    Ok(Tree { reader, krate, generics, attrs, permission, head, root, raw })
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
