//! Parses tasks and children with a type: policy, type, options and value.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, token};

use super::super::ast::{Body, Task, TypePath, Typed};
use super::super::text;
use super::path;
use crate::errors::Errors;
use crate::options::Options;
use crate::options::key::Key;
use crate::words::{Policy, Strategy, Vocabulary, Word};

/// Parses the part after the colon of a child that is not a supervisor: a task, or a child with a
/// type.
pub(super) fn task_or_typed(
    input: ParseStream,
    name: &Ident,
    errors: &mut Errors,
) -> syn::Result<Body> {
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

/// Parses a policy, or a word that is taken for a misspelt one.
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

/// Returns the strategy that follows a policy, as in `Transient one_for_one { … }`.
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

/// Reports options behind the value: `= Mailer(backoff = 1s)`.
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

/// Reports a value where a type belongs: `db: Database { url }`.
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

/// Reports a function where a type belongs: `worker: run_worker`, `db: Database::new(url)`.
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

/// Returns whether a word begins as the names of functions and strategies do.
pub(super) fn is_lower(word: &str) -> bool {
    word.starts_with(|first: char| first.is_lowercase())
}
