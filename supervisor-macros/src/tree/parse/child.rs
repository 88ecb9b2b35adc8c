//! Parses tasks and children with a type: policy, type, options and value.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, token};

use super::super::ast::{Body, Task, TypePath, Typed};
use super::super::text;
use super::options::{
    arguments, options, options_in_braces, options_of_task_in_braces, parenthesized,
};
use super::path;
use super::recovery::{kebab, starts_child};
use crate::errors::Errors;
use crate::options::key::Key;
use crate::options::{Options, begins_with_option};
use crate::words::{Policy, Strategy, Vocabulary, Word, elsewhere};

/// Parses the part after the colon of a child that is not a supervisor: a task, or a child with a
/// type.
pub(super) fn task_or_typed(
    input: ParseStream,
    name: &Ident,
    errors: &mut Errors,
) -> syn::Result<Body> {
    if let Some(mut policy) = policy(input, errors)? {
        if let Some(strategy) = strategy_after(input) {
            return Err(input.error(policy_of_supervisor(name, &policy.ident, &strategy)));
        }
        if input.peek(Token![<]) {
            let ty = path::in_angles(input, &policy.ident, name)?;
            return typed(input, name, Some(policy), ty, errors);
        }
        if input.peek(token::Bracket) {
            // `Transient[Database]`
            let content;
            syn::bracketed!(content in input);
            let ty = path::parse(&content, name)?;
            content.parse::<TokenStream>()?;
            policy_beside(&mut policy, &ty, errors);
            return typed(input, name, Some(policy), ty, errors);
        }
        if path::starts_path(input) && !starts_child(input) {
            // `Transient Database`
            let ty = path::segments(input)?;
            policy_beside(&mut policy, &ty, errors);
            return typed(input, name, Some(policy), ty, errors);
        }
        let in_braces = options_of_task_in_braces(input, &policy.ident, errors);
        not_a_value(input, &policy.ident, name)?;
        let options = in_braces.unwrap_or_else(|| options(input, errors));
        if input.peek(Token![<]) {
            let policy = policy.ident;
            let message = format!("the type stands before the options; write `{policy}<…>(…)`");
            return Err(input.error(message));
        }
        let value = value(input, errors)?;
        return Ok(Body::Task(Task { policy, options, value }));
    }
    let mut ty = path::parse(input, name)?;
    called(input, name, &ty, errors);
    path::dotted(input, &mut ty, errors);
    let mut policy = None;
    if let Some((word, plain)) = path::policy_as_argument(&ty) {
        // `Database<Transient>`
        errors.on(&ty, format!("the policy stands outside; write `{word}<{}>`", plain.last));
        policy =
            Policy::parse(&word.to_string()).map(|known| Word { ident: word, known: Some(known) });
        ty = plain;
    } else if !starts_child(input)
        && let Some((word, known)) = policy_word(input)
    {
        // `Database Transient`
        input.call(Ident::parse_any)?;
        let message =
            format!("the policy stands around the type; write `{}<{}>`", known.as_str(), ty.last);
        errors.at(word.span(), message);
        policy = Some(Word { ident: word, known: Some(known) });
    }
    not_a_function(input, &ty, name)?;
    not_a_type_of_supervisors(input, &ty, name)?;
    typed(input, name, policy, ty, errors)
}

/// Reports a supervisor that is written by its type: `Supervisor<one_for_all> { … }`.
fn not_a_type_of_supervisors(input: ParseStream, ty: &TypePath, name: &Ident) -> syn::Result<()> {
    let ahead = input.fork();
    let _ = parenthesized(&ahead);
    if !ty.last.to_string().ends_with("Supervisor") || !ahead.peek(token::Brace) {
        return Ok(());
    }
    let strategy = strategy_in(ty.tokens.clone()).unwrap_or(Strategy::OneForOne).as_str();
    let message =
        format!("a supervisor is written by its strategy; write `{name}: {strategy} {{ … }}`");
    Err(syn::Error::new_spanned(ty, message))
}

/// Returns the first strategy among the tokens.
fn strategy_in(tokens: TokenStream) -> Option<Strategy> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) => Strategy::parse(&word.to_string()),
        _ => None,
    })
}

/// Reports and skips the calls of a builder on the type of a child: `Database.with_shutdown(5s)`.
fn called(input: ParseStream, name: &Ident, ty: &TypePath, errors: &mut Errors) {
    let mut is_first = true;
    while input.peek(Token![.]) && input.peek2(Ident::peek_any) && input.peek3(token::Paren) {
        let place = input.span();
        let _ = input.parse::<Token![.]>();
        let Ok(method) = input.call(Ident::parse_any) else { return };
        let Ok(argument) = parenthesized(input).and_then(|inner| inner.parse::<TokenStream>())
        else {
            return;
        };
        if !std::mem::take(&mut is_first) {
            continue;
        }
        let of = text::compact(&ty.tokens);
        let method = method.to_string();
        let option = method.strip_prefix("with_").unwrap_or(&method);
        let message = if let Some((policy, _)) = Policy::meant_by(option) {
            format!("a policy stands around the type; write `{name}: {}<{of}>`", policy.as_str())
        } else if Key::parse(option).is_some() {
            let value = text::compact(&argument);
            format!("options stand in parentheses; write `{name}: {of}({option} = {value})`")
        } else {
            format!("a child's value stands after `=`; write `{name}: {of} = {of}::…`")
        };
        errors.at(place, message);
    }
}

/// Parses what follows the type of a child.
fn typed(
    input: ParseStream,
    name: &Ident,
    policy: Option<Word<Policy>>,
    ty: TypePath,
    errors: &mut Errors,
) -> syn::Result<Body> {
    let written = match &policy {
        Some(policy) => format!("{}<{}>", policy.ident, ty.last),
        None => ty.last.to_string(),
    };
    let options = if let Some(options) = options_in_braces(input, &written, errors) {
        options
    } else if let Some(message) = arguments(input, name, &written, &ty) {
        // The value is left out, which is an error already.
        errors.push(input.error(message));
        input.parse::<TokenTree>()?;
        return Ok(Body::Typed(Box::new(Typed {
            policy,
            ty,
            options: Options::default(),
            value: Some(Expr::Verbatim(TokenStream::new())),
        })));
    } else {
        not_a_value(input, &ty.last, name)?;
        options(input, errors)
    };
    not_a_value(input, &ty.last, name)?;
    let value = value(input, errors)?;
    Ok(Body::Typed(Box::new(Typed { policy, ty, options, value })))
}

/// Parses a policy, or a word that is taken for a misspelt one.
fn policy(input: ParseStream, errors: &mut Errors) -> syn::Result<Option<Word<Policy>>> {
    let ahead = input.fork();
    if let Some((word, text)) = kebab(&ahead) {
        // `on-failure`, `unless-stopped`
        let Some((meant, why)) = Policy::meant_by(&text) else { return Ok(None) };
        kebab(input);
        errors.at(word.span(), meant.correction(&text.replace('_', "-"), why));
        return Ok(Some(Word { ident: word, known: Some(meant) }));
    }
    let Ok(word) = ahead.call(Ident::parse_any) else { return Ok(None) };
    let text = word.to_string();
    if ahead.peek(Token![::]) && ahead.peek3(Token![<]) && Policy::parse(&text).is_some() {
        // `Transient::<Database>`
        let ident = input.call(Ident::parse_any)?;
        let colons: Token![::] = input.parse()?;
        let ty = path::in_angles(&input.fork(), &ident, &ident);
        let ty = ty.map_or_else(|_| "…".to_owned(), |ty| text::compact(&ty.tokens));
        errors.on(colons, format!("a policy stands around the type; write `{ident}<{ty}>`"));
        return Ok(Some(Word { known: Policy::parse(&text), ident }));
    }
    if ahead.peek(Token![::]) {
        return Ok(policy_with_path(input, errors));
    }
    let known = Policy::parse(&text);
    if known.is_none() && Policy::meant_by(&text).is_none() {
        return Ok(None);
    }
    let ident = input.call(Ident::parse_any)?;
    Ok(Some(Word { ident, known }))
}

/// Parses `RestartPolicy::Transient`, and reports the path.
fn policy_with_path(input: ParseStream, errors: &mut Errors) -> Option<Word<Policy>> {
    let ahead = input.fork();
    let mut before = ahead.call(Ident::parse_any).ok()?;
    ahead.parse::<Token![::]>().ok()?;
    let mut last = ahead.call(Ident::parse_any).ok()?;
    let mut words = 2;
    while ahead.parse::<Token![::]>().is_ok() {
        before = last;
        last = ahead.call(Ident::parse_any).ok()?;
        words += 1;
    }
    if !elsewhere::is_type_of_policies(&before.to_string()) {
        return None;
    }
    let text = last.to_string();
    let known =
        Policy::parse(&text).or_else(|| Policy::meant_by(&text).map(|(policy, _)| policy))?;
    let mut path = TokenStream::new();
    // Each `::` is two tokens.
    for _ in 0..words + 2 * (words - 1) {
        path.extend([input.parse::<TokenTree>().ok()?]);
    }
    let own = known.as_str();
    let written = match path::in_angles(&input.fork(), &last, &last) {
        Ok(ty) if input.peek(Token![<]) => format!("{own}<{}>", ty.last),
        _ => own.to_owned(),
    };
    errors.on(path, format!("a policy is one word of the tree; write `{written}`"));
    Some(Word { ident: Ident::new(own, last.span()), known: Some(known) })
}

/// Returns the policy that stands here as a word, not misspelt.
fn policy_word(input: ParseStream) -> Option<(Ident, Policy)> {
    let word = input.fork().call(Ident::parse_any).ok()?;
    let text = word.to_string();
    let known = Policy::parse(&text)
        .or_else(|| Policy::meant_by(&text.to_lowercase()).map(|(policy, _)| policy))?;
    Some((word, known))
}

/// Reports a policy that stands before its type without angle brackets. The policy is then that
/// which is meant: a misspelt word is no second error.
fn policy_beside(policy: &mut Word<Policy>, ty: &TypePath, errors: &mut Errors) {
    let text = policy.ident.to_string();
    let known = policy.known.or_else(|| Policy::meant_by(&text).map(|(meant, _)| meant));
    let Some(known) = known else { return };
    let ty = text::compact(&ty.tokens);
    let message = format!("a policy stands around the type; write `{}<{ty}>`", known.as_str());
    errors.at(policy.ident.span(), message);
    *policy = Word { ident: Ident::new(known.as_str(), policy.ident.span()), known: Some(known) };
}

/// Returns the strategy that follows a policy, as in `Transient one_for_one { … }`.
fn strategy_after(input: ParseStream) -> Option<Ident> {
    let word = input.fork().call(Ident::parse_any).ok()?;
    Strategy::parse(&word.to_string()).map(|_| word)
}

/// Returns the message for a policy before a strategy, or around it.
pub(super) fn policy_of_supervisor(name: &Ident, policy: &Ident, strategy: &Ident) -> String {
    format!(
        "a supervisor's policy is an option; write `{name}: {strategy}(restart = {policy}) {{ … }}`"
    )
}

fn value(input: ParseStream, errors: &mut Errors) -> syn::Result<Option<Expr>> {
    let place = input.span();
    let is_walrus = input.peek(Token![:]) && input.peek2(Token![=]);
    if input.peek(Token![=>]) || input.peek(Token![==]) || is_walrus {
        errors.push(input.error("a child's value stands after `=`"));
        input.parse::<TokenTree>()?;
        input.parse::<TokenTree>()?;
    } else if input.parse::<Token![=]>().is_err() {
        return Ok(None);
    }
    // `= ` at the end of a line that is still written: the next child is not the value.
    if input.is_empty() || input.peek(Token![,]) || starts_child(input) {
        return Err(syn::Error::new(place, "expected a value after `=`"));
    }
    not_a_declared_function(input)?;
    let ahead = input.fork();
    if ahead.parse::<Expr>().is_ok() && ahead.peek(Token![:]) && !ahead.peek(Token![::]) {
        // `= Database::` at the end of a line: the name of the next child is no part of the value.
        let mut last = place;
        while !input.is_empty() && !starts_child(input) {
            last = input.span();
            input.parse::<TokenTree>()?;
        }
        return Err(syn::Error::new(last, "the value is not finished, and another child follows"));
    }
    let value = input.parse()?;
    not_options(&value)?;
    Ok(Some(value))
}

/// Reports a function without a name, `fn(ctx) { … }`, as other languages write closures.
fn not_a_declared_function(input: ParseStream) -> syn::Result<()> {
    let is_async = input.peek(Token![async]) && input.peek2(Token![fn]);
    if is_async || input.peek(Token![fn]) {
        return Err(input.error(
            "a function has its name and stands before the tree; a closure is `|ctx| async move { … }`",
        ));
    }
    Ok(())
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
    // `Database(shutdown = 5s) { … }`
    let ahead = input.fork();
    if ahead.peek(token::Paren) {
        ahead.parse::<proc_macro2::Group>()?;
    }
    if !ahead.peek(token::Brace) {
        return Ok(());
    }
    let message = if Policy::parse(&word.to_string()).is_some() {
        format!("children need a strategy, not a policy; write `{name}: one_for_one {{ … }}`")
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
    let holds_options = parenthesized(&input.fork()).is_ok_and(|inner| begins_with_option(&inner));
    let call = text::compact(&ty.tokens);
    let message = if holds_options {
        let options = parenthesized(&input.fork())?.parse::<TokenStream>()?;
        let options = text::compact(&options);
        format!("a type or a policy belongs here; a task is `{name}: Always({options}) = {call}`")
    } else if input.peek(token::Paren) {
        match call.rsplit_once("::") {
            Some((of, _)) => {
                format!("a child's value stands after `=`; write `{name}: {of} = {call}(…)`")
            }
            None => format!(
                "a type or a policy belongs here; a task is `{name}: Always = {call}`, and a child with a value `{name}: Type = {call}(…)`"
            ),
        }
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
