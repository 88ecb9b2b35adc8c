//! Parses the parameters of a named tree, and the generic parameters that it cannot have.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{GenericParam, Generics, Ident, Token, Type};

use super::super::ast::Param;
use super::recovery::skip_to;
use crate::errors::{Errors, unknown_type};
use crate::joined::joined;

/// Parses the generic parameters that a named tree cannot have, and reports them.
pub(super) fn generics(
    input: ParseStream,
    name: &Ident,
    errors: &mut Errors,
) -> syn::Result<Option<(Generics, syn::Error)>> {
    if !input.peek(Token![<]) {
        return Ok(None);
    }
    let place = input.cursor().span();
    let generics: Generics = input.parse()?;
    let is_lifetime = |param: &GenericParam| matches!(param, GenericParam::Lifetime(_));
    let message = if generics.params.iter().all(is_lifetime) {
        format!(
            "a named tree such as `{name}` has no lifetime parameters; leave them out: what a parameter borrows is used while the tree is built"
        )
    } else {
        format!(
            "a named tree such as `{name}` has no type parameters; a tree in a generic function is an expression without a name"
        )
    };
    let error = syn::Error::new(place, message);
    errors.push(error.clone());
    Ok(Some((generics, error)))
}

/// Parses the parameters; one that cannot be parsed keeps its place, so that calls of the tree's
/// functions have the right number of arguments.
pub(super) fn params(
    input: ParseStream,
    generics: Option<&(Generics, syn::Error)>,
    krate: &TokenStream,
    errors: &mut Errors,
) -> Vec<Param> {
    let mut params = Vec::new();
    let broken = |errors: &mut Errors, error: syn::Error| {
        let ident = Ident::new(&format!("__param_{}", errors.len()), Span::mixed_site());
        let ty = Type::Verbatim(unknown_type(krate, &error));
        errors.push(error);
        Param { ident, ty }
    };
    while !input.is_empty() {
        match input.call(param) {
            Ok(mut param) => {
                if let Some((generics, error)) = generics {
                    without(&mut param.ty, generics, error, krate);
                }
                params.push(param);
            }
            Err(error) => {
                params.push(broken(errors, error));
                skip_to(input, |input| input.peek(Token![,]));
            }
        }
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            errors.push(input.error(if input.peek(Token![=]) {
                "a parameter has no default value; leave it out, and give the value to `start(…)` or `tree(…)`"
            } else {
                "expected `,` after this parameter"
            }));
            skip_to(input, |input| input.peek(Token![,]));
            let _ = input.parse::<Token![,]>();
        }
    }
    params
}

fn param(input: ParseStream) -> syn::Result<Param> {
    const SHAPE: &str = "a tree's parameter is written `name: Type`";
    if input.peek(Token![self]) || (input.peek(Token![&]) && input.peek2(Token![self])) {
        return Err(input.error(
            "a tree is made from its parameters, and has no `self`; a parameter is `name: Type`",
        ));
    }
    if input.peek(Token![mut]) && input.peek2(Ident) {
        return Err(input.error("a parameter is not changed; leave `mut` out: `name: Type`"));
    }
    if input.peek(Token![mut]) || input.peek(Token![&]) {
        return Err(input.error(SHAPE));
    }
    let ident: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), SHAPE))?;
    input.parse::<Token![:]>().map_err(|_| {
        let message = format!("a parameter has a type; write `{ident}: Type`");
        syn::Error::new(ident.span(), message)
    })?;
    Ok(Param { ident, ty: input.parse()? })
}

/// Takes the generic parameters, which have been reported, out of the type of a parameter: a
/// lifetime is left out, and a type that names a type parameter becomes an unknown one.
fn without(ty: &mut Type, generics: &Generics, error: &syn::Error, krate: &TokenStream) {
    let tokens = ty.to_token_stream();
    let of_type = |token: &Ident| {
        generics.type_params().any(|param| param.ident == *token)
            || generics.const_params().any(|param| param.ident == *token)
    };
    if names(&tokens, &of_type) {
        *ty = Type::Verbatim(unknown_type(krate, error));
        return;
    }
    let of_lifetime =
        |name: &Ident| generics.lifetimes().any(|param| param.lifetime.ident == *name);
    if let Ok(plain) = syn::parse2(without_lifetimes(tokens, &of_lifetime)) {
        *ty = plain;
    }
}

/// Returns whether one of the words is wanted.
fn names(tokens: &TokenStream, is_wanted: &impl Fn(&Ident) -> bool) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_wanted(&ident),
        TokenTree::Group(group) => names(&group.stream(), is_wanted),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Replaces each lifetime that is named by `'_`.
fn without_lifetimes(tokens: TokenStream, is_named: &impl Fn(&Ident) -> bool) -> TokenStream {
    let mut after_quote = false;
    let each = |token: TokenTree| -> TokenTree {
        let was_quote = after_quote;
        after_quote = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        match token {
            TokenTree::Ident(ident) if was_quote && is_named(&ident) => {
                Ident::new("_", ident.span()).into()
            }
            TokenTree::Group(group) => {
                let inner = without_lifetimes(group.stream(), is_named);
                let mut plain = Group::new(group.delimiter(), inner);
                plain.set_span(group.span());
                plain.into()
            }
            token => token,
        }
    };
    joined(tokens.into_iter().map(each))
}
