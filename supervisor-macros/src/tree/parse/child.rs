//! One child: its attributes, its name, and what stands after the colon.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Ident, Token, token};

use super::super::ast::{Body, Child, Standing, Task, TypePath, Typed};
use super::super::{names, text};
use super::path;
use crate::errors::Errors;
use crate::options::Options;
use crate::options::key::Key;
use crate::words::{Policy, Strategy, Vocabulary, Word};

/// Fails where there is no name; a child with a name is kept, however broken it is.
pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Child> {
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
    Ok(Child { attrs, name, body, standing: Standing::Sound })
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
    if input.is_empty() || input.peek(Token![,]) || super::starts_child(input) {
        let message = format!(
            "`{name}` is nothing yet; write a policy such as `Always`, a type, or a supervisor"
        );
        return Err(syn::Error::new(colon.span, message));
    }
    if is_supervisor(input) {
        let supervisor = super::supervisor(input, Some(name), errors)?;
        return Ok(Body::Supervisor(Box::new(supervisor)));
    }
    if let Some(policy) = policy(input)? {
        if let Some(strategy) = strategy_after(input) {
            let message = format!(
                "a supervisor's policy is an option; write `{name}: {strategy}(restart = {}) {{ … }}`",
                policy.ident
            );
            return Err(input.error(message));
        }
        if !input.peek(Token![<]) {
            not_a_value(input, &policy.ident, name)?;
            let options = options(input, errors);
            if input.peek(Token![<]) {
                let policy = policy.ident;
                let message = format!("the type stands before the options; write `{policy}<…>(…)`");
                return Err(input.error(message));
            }
            let value = value(input)?;
            return Ok(Body::Task(Task { policy, options, value }));
        }
        let ty = path::in_angles(input, &policy.ident, name)?;
        let options = options(input, errors);
        let value = value(input)?;
        return Ok(Body::Typed(Box::new(Typed { policy: Some(policy), ty, options, value })));
    }
    let ty = path::parse(input, name)?;
    not_a_value(input, &ty.last, name)?;
    not_a_function(input, &ty, name)?;
    let options = options(input, errors);
    let value = value(input)?;
    Ok(Body::Typed(Box::new(Typed { policy: None, ty, options, value })))
}

/// Whether a supervisor stands here, perhaps with a misspelt strategy.
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

/// A policy, or a word that is taken for one.
fn policy(input: ParseStream) -> syn::Result<Option<Word<Policy>>> {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else { return Ok(None) };
    let text = word.to_string();
    let known = Policy::parse(&text);
    if ahead.peek(Token![::]) || (known.is_none() && Policy::meant_by(&text).is_none()) {
        return Ok(None);
    }
    let ident = input.call(Ident::parse_any)?;
    Ok(Some(Word { ident, known }))
}

/// `Transient one_for_one { … }`: the strategy that follows a policy.
fn strategy_after(input: ParseStream) -> Option<Ident> {
    let word = input.fork().call(Ident::parse_any).ok()?;
    Strategy::parse(&word.to_string()).map(|_| word)
}

fn options(input: ParseStream, errors: &mut Errors) -> Options {
    if !input.peek(token::Paren) {
        return Options::default();
    }
    let Ok(content) = parenthesized(input) else { return Options::default() };
    Options::parse(&content, errors)
}

fn parenthesized(input: ParseStream<'_>) -> syn::Result<syn::parse::ParseBuffer<'_>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(content)
}

fn value(input: ParseStream) -> syn::Result<Option<Expr>> {
    let Ok(equals) = input.parse::<Token![=]>() else { return Ok(None) };
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(equals.span, "expected a value after `=`"));
    }
    let value = input.parse()?;
    not_options(&value)?;
    Ok(Some(value))
}

/// `= Mailer(backoff = 1s)`: the options behind the value.
fn not_options(value: &Expr) -> syn::Result<()> {
    let Expr::Call(call) = value else { return Ok(()) };
    let option = |argument: &Expr| match argument {
        Expr::Assign(assign) => match &*assign.left {
            Expr::Path(path) => Key::parse(&path.path.get_ident()?.to_string()),
            _ => None,
        },
        _ => None,
    };
    match call.args.iter().find(|argument| option(argument).is_some()) {
        None => Ok(()),
        Some(argument) => {
            let message = "options stand before the `=`, as in `name: Type(shutdown = 5s) = value`";
            Err(syn::Error::new_spanned(argument, message))
        }
    }
}

/// `db: Database { url }`: the value without its type.
fn not_a_value(input: ParseStream, word: &Ident, name: &Ident) -> syn::Result<()> {
    // `DynamicSupervisor { … }`, `PartitionSupervisor(partitions = 8) { … }`
    let ahead = input.fork();
    if ahead.peek(token::Paren) {
        ahead.parse::<proc_macro2::Group>()?;
    }
    if !ahead.peek(token::Brace) {
        return Ok(());
    }
    let message = if Policy::parse(&word.to_string()).is_some() {
        format!("children need a strategy, not a policy; write `{name}: one_for_one {{ … }}`")
    } else if word.to_string().ends_with("Supervisor") {
        let strategy = match word.to_string().as_str() {
            "DynamicSupervisor" => "simple_one_for_one",
            "PartitionSupervisor" => "simple_one_for_one(partitions = 8)",
            _ => "one_for_one",
        };
        format!("a supervisor is written by its strategy, as in `{name}: {strategy} {{ … }}`")
    } else {
        format!("a child's value stands after `=`; write `{name}: {word} = {word} {{ … }}`")
    };
    Err(input.error(message))
}

/// `worker: run_worker` and `db: Database::new(url)`: a function where a type belongs.
fn not_a_function(input: ParseStream, ty: &TypePath, name: &Ident) -> syn::Result<()> {
    let last = ty.last.to_string();
    if !is_lower(&last) {
        return Ok(());
    }
    let message = if input.peek(token::Paren) {
        let call = text::compact(&ty.tokens);
        let of = call.rsplit_once("::").map_or("Type", |(of, _)| of);
        format!("a child's value stands after `=`; write `{name}: {of} = {call}(…)`")
    } else if ty.is_plain {
        format!("a type or a policy belongs here; a task is `{name}: Always = {last}`")
    } else {
        format!("a type or a policy belongs here; a task is `{name}: Always = …::{last}`")
    };
    Err(syn::Error::new_spanned(ty, message))
}

fn is_lower(word: &str) -> bool {
    word.starts_with(|first: char| first.is_lowercase())
}
