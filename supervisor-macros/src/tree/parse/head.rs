//! Parses the part of a named tree before its strategy: visibility, name, and parameters.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Generics, Ident, LitStr, Token, Type, Visibility, bracketed, token};

use super::super::ast::Head;
use super::super::text::compact;
use super::children;
use super::params::{generics, params};
use super::recovery::skip_to;
use crate::errors::Errors;
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
    let mut strategy = None;
    while !is_name(&ident) || is_kind(&ident, input) {
        let word = ident;
        let message =
            format!("a tree's name cannot be `{word}`; write `Shop: one_for_one {{ … }}`");
        if !input.peek(Ident::peek_any) {
            return Err(syn::Error::new(word.span(), message));
        }
        ident = input.call(Ident::parse_any)?;
        let mut message = format!("not expected here; a tree begins with its name, not `{word}`");
        if input.peek(token::Brace) {
            // `struct Shop { … }`: that the strategy is missing is no second error.
            let known = Strategy::OneForOne;
            message = format!("a tree is no `{word}`; write `{ident}: {} {{ … }}`", known.as_str());
            let place = Ident::new(known.as_str(), ident.span());
            strategy = Some(Word { ident: place, known: Some(known) });
        }
        errors.at(word.span(), message);
    }
    let generics = generics(input, &ident, errors)?;
    let params = if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        strategy = strategy.or_else(|| strategy_in_parentheses(&content, &ident, input, errors));
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
    if input.peek(Token![,]) {
        return Err(input.error(IN_ORDER));
    }
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
    if input.peek(Token![#]) && !input.peek2(token::Bracket) && !input.peek2(Token![!]) {
        return Err(input.error(IN_ORDER));
    }
    Ok(())
}

/// Words that begin an item which may stand before a tree by mistake.
const ITEMS: [&str; 6] = ["const", "extern", "let", "static", "type", "use"];

/// Reports and skips what stands before a tree and belongs before the macro: `#![allow(…)]`,
/// `use db::Db;`.
pub(super) fn before_tree(input: ParseStream, errors: &mut Errors) {
    while input.peek(Token![#]) && input.peek2(Token![!]) && input.peek3(token::Bracket) {
        errors.push(input.error(children::INNER_ATTRIBUTE));
        for _ in 0..3 {
            let _ = input.parse::<TokenTree>();
        }
    }
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return };
    if !ITEMS.iter().any(|item| word == item) {
        return;
    }
    skip_to(&ahead, |input| input.peek(Token![;]) || input.peek(token::Brace));
    let is_path = |input: ParseStream| word == "use" && input.peek(token::Brace);
    if is_path(&ahead) {
        // `use db::{Db, Query};`
        let _ = ahead.parse::<TokenTree>();
    }
    if ahead.peek(Token![;]) {
        let message = format!(
            "the macro holds one tree and nothing else; put this `{word}` before `supervision_tree!`"
        );
        errors.at(word.span(), message);
        skip_to(input, |input| input.peek(Token![;]));
        let _ = input.parse::<Token![;]>();
        before_tree(input, errors);
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
