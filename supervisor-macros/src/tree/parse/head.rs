//! Parses the part of a named tree before its strategy: visibility, name, and parameters.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{GenericParam, Generics, Ident, LitStr, Token, Type, Visibility, bracketed, token};

use super::super::ast::{Head, Param};
use super::super::text::compact;
use super::recovery::skip_to;
use crate::errors::{Errors, unknown_type};
use crate::options::key::Key;
use crate::words::{Strategy, Vocabulary, Word, elsewhere};

/// Parses `vis? Name ("(" params ")")? ":"`, if the tree has a name. Returns the strategy too, if it
/// stands where it does not belong.
///
/// # Errors
///
/// If no tree can be recognised.
pub(super) fn parse(
    input: ParseStream,
    krate: &TokenStream,
    errors: &mut Errors,
) -> syn::Result<Option<(Head, Option<Word<Strategy>>)>> {
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
    // `pub struct Shop: …` and `supervisor Shop: …` have a word too many.
    while !is_name(&ident) || is_kind(&ident, input) {
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
    let mut strategy = None;
    let params = if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        strategy = strategy_in_parentheses(&content, &ident, input, errors);
        if strategy.is_some() {
            Vec::new()
        } else {
            params(&content, generics.as_ref(), krate, errors)
        }
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
    Ok(Some((Head { vis, ident, params }, strategy)))
}

/// Returns whether the word is one that other languages write before the name of a tree.
fn is_kind(word: &Ident, input: ParseStream) -> bool {
    let next = input.fork().call(Ident::parse_any);
    elsewhere::is_kind_of_tree(&word.to_string())
        && next.is_ok_and(|next| next.to_string().starts_with(char::is_uppercase))
}

/// Reports a strategy or options where the parameters of a tree stand, and braces behind them:
/// `Shop(one_for_one) { … }`, `Shop(strategy = one_for_one) { … }`. Returns the strategy.
fn strategy_in_parentheses(
    content: ParseStream,
    name: &Ident,
    behind: ParseStream,
    errors: &mut Errors,
) -> Option<Word<Strategy>> {
    if !behind.peek(token::Brace) {
        return None;
    }
    let ahead = content.fork();
    let place = content.span();
    let mut word = ahead.call(Ident::parse_any).ok()?;
    let is_option = ahead.parse::<Token![=]>().is_ok() || ahead.parse::<Token![:]>().is_ok();
    if is_option && word == "strategy" {
        ahead.parse::<Option<Token![:]>>().ok()?;
        word = ahead.call(Ident::parse_any).ok()?;
    }
    let meant = Strategy::parse(&word.to_string())
        .or_else(|| Strategy::meant_by(&word.to_string()).map(|(meant, _)| meant));
    let known = match meant {
        Some(meant) => meant,
        None if is_option && Key::parse(&word.to_string()).is_some() => Strategy::OneForOne,
        None => return None,
    };
    let options = if ahead.is_empty() && meant.is_some() { "" } else { "(…)" };
    let written = known.as_str();
    errors.at(
        place,
        format!("the strategy stands after a colon; write `{name}: {written}{options} {{ … }}`"),
    );
    let _ = content.parse::<TokenStream>();
    Some(Word { ident: Ident::new(written, place), known: Some(known) })
}

/// Reports parameters that stand behind the strategy, `Shop: one_for_one(url: String) { … }`, and
/// returns them and the strategy.
pub(super) fn params_behind_strategy(
    input: ParseStream,
    head: &mut Head,
    krate: &TokenStream,
    errors: &mut Errors,
) -> Option<Word<Strategy>> {
    let ahead = input.fork();
    let word = ahead.call(Ident::parse_any).ok()?;
    let known = Strategy::parse(&word.to_string())?;
    let parse = |input: ParseStream| -> syn::Result<(TokenStream, proc_macro2::Span)> {
        let content;
        let paren = syn::parenthesized!(content in input);
        Ok((content.parse()?, paren.span.open()))
    };
    let (content, place) = parse(&ahead).ok()?;
    let is_param = |input: ParseStream| {
        let ident: Ident = input.parse()?;
        let is_option = Key::parse(&ident.to_string()).is_some();
        let has_type = input.parse::<Token![:]>().is_ok() && input.parse::<Type>().is_ok();
        let is_alone = input.is_empty() || input.peek(Token![,]);
        input.parse::<TokenStream>()?;
        Ok(!is_option && has_type && is_alone)
    };
    if !ahead.peek(token::Brace) || !is_param.parse2(content.clone()).unwrap_or(false) {
        return None;
    }
    let name = &head.ident;
    let mut others = Errors::default();
    let parser = |content: ParseStream| Ok(params(content, None, krate, &mut others));
    let params = parser.parse2(content).ok()?;
    let text: Vec<String> = params
        .iter()
        .map(|param| format!("{}: {}", param.ident, compact(&param.ty.to_token_stream())))
        .collect();
    let text = text.join(", ");
    errors.at(
        place,
        format!("parameters stand behind the name; write `{name}({text}): {word} {{ … }}`"),
    );
    errors.append(others);
    input.call(Ident::parse_any).ok()?;
    input.parse::<TokenTree>().ok()?;
    head.params.extend(params);
    Some(Word { ident: word, known: Some(known) })
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

/// Reports Erlang's `#{strategy => one_for_one}`.
pub(super) fn not_a_map(input: ParseStream) -> syn::Result<()> {
    if input.peek(Token![#]) && !input.peek2(token::Bracket) {
        return Err(input.error(IN_ORDER));
    }
    Ok(())
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
    Err(syn::Error::new(word.span(), IN_ORDER))
}

const IN_ORDER: &str = "a tree is its name, a colon, a strategy, and the children in braces: \
                        `Shop: one_for_one { db: Db }`";

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
