//! Parses the part of a named tree before its strategy: visibility, name, and parameters.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{GenericParam, Generics, Ident, LitStr, Token, Type, Visibility, bracketed, token};

use super::super::ast::{Head, Param};
use super::recovery::skip_to;
use crate::errors::{Errors, unknown_type};
use crate::words::Strategy;

/// Parses `vis? Name ("(" params ")")? ":"`, if the tree has a name.
///
/// # Errors
///
/// If no tree can be recognised.
pub(super) fn parse(
    input: ParseStream,
    krate: &TokenStream,
    errors: &mut Errors,
) -> syn::Result<Option<Head>> {
    not_keyed(input)?;
    let vis: Visibility = input.parse()?;
    let mut ident = if let Some(name) = quoted_name(input, errors) {
        name
    } else if matches!(vis, Visibility::Inherited) && !has_name(input) {
        return Ok(None);
    } else if input.peek(Ident::peek_any) {
        input.call(Ident::parse_any)?
    } else {
        return Err(input.error("expected the tree's name, as in `pub Shop: one_for_one { … }`"));
    };
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
    let generics = generics(input, &ident, errors)?;
    let params = if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        params(&content, generics.as_ref(), krate, errors)
    } else if input.peek(token::Bracket) {
        errors.push(input.error(format!(
            "parameters stand in parentheses, as in `{ident}(port: u16): one_for_one {{ … }}`"
        )));
        let content;
        bracketed!(content in input);
        params(&content, generics.as_ref(), krate, errors)
    } else {
        Vec::new()
    };
    colon(input, &ident, errors);
    Ok(Some(Head { vis, ident, params }))
}

/// Parses the colon, and reports the signs that other languages have in its place.
fn colon(input: ParseStream, name: &Ident, errors: &mut Errors) {
    // If braces follow, the strategy is missing too, which `supervisor::parse` reports.
    if input.parse::<Token![:]>().is_ok() || input.peek(token::Brace) {
        return;
    }
    let message = format!("expected `:` after `{name}`, as in `{name}: one_for_one {{ … }}`");
    errors.push(input.error(message));
    // `Shop = one_for_one { … }`, `Shop(port: u16) -> Shop: one_for_one { … }`
    let is_strategy = |input: ParseStream| {
        let word = input.fork().call(Ident::parse_any);
        word.is_ok_and(|word| Strategy::meant_by(&word.to_string()).is_some())
    };
    let ahead = input.fork();
    skip_to(&ahead, |input| is_strategy(input) || input.peek(token::Brace));
    if !ahead.is_empty() {
        skip_to(input, |input| is_strategy(input) || input.peek(token::Brace));
    }
}

/// Reports a tree that is written as a list of keys: `name: Shop, strategy: one_for_one`.
fn not_keyed(input: ParseStream) -> syn::Result<()> {
    const KEYS: [&str; 5] = ["name", "id", "strategy", "children", "supervisor"];
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return Ok(()) };
    if !KEYS.iter().any(|key| word == key) || !(ahead.peek(Token![:]) || ahead.peek(Token![=])) {
        return Ok(());
    }
    ahead.parse::<TokenTree>()?;
    let _ = ahead.parse::<Token![:]>();
    let is_word = ahead.call(Ident::parse_any).is_ok();
    if is_word && !ahead.peek(Token![,]) && !ahead.is_empty() {
        // `children: one_for_one { … }` is a tree with an unusual name.
        return Ok(());
    }
    Err(syn::Error::new(
        word.span(),
        "a tree is its name, a colon, a strategy, and the children in braces: \
         `Shop: one_for_one { db: Db }`",
    ))
}

/// Parses a name in quotes, and reports the quotes.
fn quoted_name(input: ParseStream, errors: &mut Errors) -> Option<Ident> {
    let string = input.fork().parse::<LitStr>().ok()?;
    let name = syn::parse_str::<Ident>(&string.value()).ok()?;
    input.parse::<LitStr>().ok()?;
    errors.at(string.span(), format!("a name has no quotes; write `{name}: one_for_one {{ … }}`"));
    Some(Ident::new(&name.to_string(), string.span()))
}

/// Parses the generic parameters that a named tree cannot have, and reports them.
fn generics(
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

/// Returns whether a word can be the name of a type.
fn is_name(ident: &Ident) -> bool {
    syn::parse_str::<Ident>(&ident.to_string()).is_ok()
}

/// Returns whether a name comes first: `Shop:`, `Shop(…):`, or, with another sign or none in place
/// of its colon, `Shop one_for_one`, `Shop = one_for_one` and `Shop { … }`.
///
/// `one_for_al(…) {` is a misspelt strategy, not a name.
fn has_name(input: ParseStream) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return false };
    let text = word.to_string();
    if ahead.peek(Token![<]) && ahead.parse::<Generics>().is_err() {
        return false;
    }
    if (ahead.peek(token::Paren) || ahead.peek(token::Bracket))
        && ahead.parse::<proc_macro2::Group>().is_err()
    {
        return false;
    }
    if (ahead.peek(Token![:]) && !ahead.peek(Token![::])) || ahead.peek(Ident::peek_any) {
        return true;
    }
    let is_type = text.starts_with(|first: char| first.is_uppercase());
    is_type && Strategy::meant_by(&text).is_none() && !ahead.is_empty() && !ahead.peek(Token![::])
}

/// Parses the parameters; one that cannot be parsed keeps its place, so that calls of the tree's
/// functions have the right number of arguments.
fn params(
    input: ParseStream,
    generics: Option<&(Generics, syn::Error)>,
    krate: &TokenStream,
    errors: &mut Errors,
) -> Vec<Param> {
    let mut params = Vec::new();
    let broken = |errors: &mut Errors, error: syn::Error| {
        let ident =
            Ident::new(&format!("__param_{}", errors.len()), proc_macro2::Span::mixed_site());
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
                let mut plain = proc_macro2::Group::new(group.delimiter(), inner);
                plain.set_span(group.span());
                plain.into()
            }
            token => token,
        }
    };
    tokens.into_iter().map(each).collect()
}
