//! Parses the options behind a task or the type of a child, and reports what stands in their place.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Token, token};

use super::super::ast::TypePath;
use super::super::text;
use crate::errors::Errors;
use crate::options::key::Key;
use crate::options::{Options, begins_with_option, is_duration};
use crate::words::elsewhere;

pub(super) fn options(input: ParseStream, errors: &mut Errors) -> Options {
    if !input.peek(token::Paren) {
        return Options::default();
    }
    let Ok(content) = parenthesized(input) else { return Options::default() };
    Options::parse(&content, errors)
}

pub(super) fn parenthesized(input: ParseStream<'_>) -> syn::Result<syn::parse::ParseBuffer<'_>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(content)
}

fn braced(input: ParseStream<'_>) -> syn::Result<syn::parse::ParseBuffer<'_>> {
    let content;
    syn::braced!(content in input);
    Ok(content)
}

/// Parses options in braces or brackets, `Database { shutdown = 5s }`, and reports those.
pub(super) fn options_in_braces(
    input: ParseStream,
    of: &str,
    errors: &mut Errors,
) -> Option<Options> {
    let ahead = input.fork();
    let content = if input.peek(token::Bracket) {
        let parse = || {
            let content;
            syn::bracketed!(content in ahead);
            Ok(content)
        };
        let parsed: syn::Result<syn::parse::ParseBuffer> = parse();
        parsed.ok()?
    } else {
        braced(&ahead).ok()?
    };
    if !begins_with_option(&content) {
        return None;
    }
    let word = content.fork().call(Ident::parse_any).ok()?;
    errors.push(input.error(format!("options stand in parentheses, as in `{of}({word} = …)`")));
    input.parse::<TokenTree>().ok()?;
    Some(Options::parse_misplaced(&content))
}

/// Parses the options of a task in braces, `Always { shutdown: 5s }`, and reports those. A task has no
/// fields, so that words of other tools count too, which are reported by themselves.
pub(super) fn options_of_task_in_braces(
    input: ParseStream,
    policy: &Ident,
    errors: &mut Errors,
) -> Option<Options> {
    if let Some(options) = options_in_braces(input, &policy.to_string(), errors) {
        return Some(options);
    }
    let start = input.fork();
    let content = braced(&start).ok()?;
    let ahead = content.fork();
    let word = ahead.call(Ident::parse_any).ok()?.to_string();
    let has_value = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
    let is_ours = Key::parse(&word).is_some();
    let is_known = is_ours
        || elsewhere::options(&word).next().is_some()
        || elsewhere::instead_of_option(&word).is_some();
    if !has_value || !is_known {
        return None;
    }
    if is_ours {
        let message = format!("options stand in parentheses, as in `{policy}({word} = …)`");
        errors.push(input.error(message));
    }
    input.parse::<TokenTree>().ok()?;
    Some(Options::parse_misplaced(&content))
}

/// Returns the message for the arguments of a constructor where options belong: `Database("url")`.
pub(super) fn arguments(
    input: ParseStream,
    name: &Ident,
    written: &str,
    ty: &TypePath,
) -> Option<String> {
    let start = input.fork();
    let content = parenthesized(&start).ok()?;
    if let Some(time) = time_alone(&content) {
        // `sweep: Every(30s)`
        return Some(format!(
            "a job is a task with a period; write `{name}: Always(every = {time})`"
        ));
    }
    let ahead = content.fork();
    let is_argument = match ahead.call(Ident::parse_any) {
        // `Database()`, and `#[cfg(…)]` before an option, which `Options` reports.
        Err(_) => !content.is_empty() && !content.peek(Token![#]) && !content.peek(Token![,]),
        Ok(word) => {
            let is_option = Key::parse(&word.to_string()).is_some();
            let continues = ahead.peek(Token![::])
                || ahead.peek(Token![.])
                || ahead.peek(Token![!])
                || ahead.peek(token::Paren)
                || ahead.peek(token::Brace);
            !is_option && continues
        }
    };
    is_argument.then(|| {
        let arguments: TokenStream = content.parse().unwrap_or_default();
        let (arguments, last) = (text::compact(&arguments), &ty.last);
        format!(
            "options stand in these parentheses; a child's value stands after `=`: `{name}: {written} = {last}({arguments})`"
        )
    })
}

/// Returns the duration that stands in parentheses without the name of an option.
fn time_alone(content: ParseStream) -> Option<String> {
    let ahead = content.fork();
    let literal = ahead.parse::<syn::Lit>().ok().filter(|_| ahead.is_empty())?;
    let text = literal.to_token_stream().to_string();
    is_duration(&text).then_some(text)
}
