//! Parses the list of a supervisor's children, and the name of each.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Ident, LitStr, Token, Visibility, token};

use super::super::ast::{Body, Child, Validity};
use super::super::names;
use super::child::{is_lower, task_or_typed};
use super::mistakes;
use super::recovery::{between, kebab, skip_to, skip_to_next_child, starts_child};
use super::supervisor;
use crate::errors::Errors;
use crate::options::key::{Key, Place, Receiver};
use crate::words::{Policy, Strategy, Vocabulary, elsewhere};

/// Parses all children, and returns the error about the first one whose name is unknown.
pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> (Vec<Child>, Option<syn::Error>) {
    let (mut children, mut lost) = (Vec::new(), None);
    while !input.is_empty() {
        let start = input.fork();
        if let Some(error) = attributes_alone(input) {
            errors.push(error);
            break;
        }
        match child(input, errors) {
            Ok(mut child) => {
                if !matches!(child.body, Body::Broken(_)) {
                    after_child(input, &child, errors);
                } else if !starts_child(input) {
                    // If `b: Always` follows an empty `a:`, no token of `b` may be skipped.
                    skip_to_next_child(input);
                }
                child.raw = between(&start, input);
                children.push(child);
            }
            Err(error) => {
                errors.push(error.clone());
                lost.get_or_insert(error);
                skip_to_next_child(input);
            }
        }
    }
    (children, lost)
}

/// Parses the attributes and comments behind the last child, and returns the error about the first.
fn attributes_alone(input: ParseStream) -> Option<syn::Error> {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer).ok().filter(|_| ahead.is_empty())?;
    let first = attrs.first()?;
    let message = if first.path().is_ident("doc") {
        "a comment with `///` documents the child that follows, and none follows; write `//`"
    } else {
        "an attribute stands before a child, and none follows"
    };
    let _ = input.call(Attribute::parse_outer);
    Some(syn::Error::new_spanned(first, message))
}

/// Parses the comma between two children.
fn after_child(input: ParseStream, child: &Child, errors: &mut Errors) {
    let name = &child.name;
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return;
    }
    if input.peek(Token![;]) {
        errors.push(input.error("children are separated by `,`"));
        let _ = input.parse::<Token![;]>();
        return;
    }
    let message = mistakes::after_child(input, child.value().is_some())
        .unwrap_or_else(|| format!("expected `,` after the child `{name}`"));
    errors.push(input.error(message));
    if !starts_child(input) {
        skip_to_next_child(input);
    }
}

/// Parses `attrs? name ":" …`; keeps a child with a name, however broken it is.
///
/// # Errors
///
/// If the child has no name.
fn child(input: ParseStream, errors: &mut Errors) -> syn::Result<Child> {
    comment(input, errors);
    let attrs = input.call(Attribute::parse_outer)?;
    words_before_name(input, errors)?;
    let name = name(input, errors)?;
    let body = match body(input, &name, errors) {
        Ok(body) => body,
        Err(error) => {
            errors.push(error.clone());
            Body::Broken(error)
        }
    };
    let (validity, place, raw) = (Validity::Valid, None, TokenStream::new());
    Ok(Child { attrs, name, body, validity, place, raw })
}

/// The message for `#![…]`.
pub(super) const INNER_ATTRIBUTE: &str =
    "an attribute has no `!` here; `#[…]` stands before the name of the tree, or of a child";

/// Reports and skips a comment of another language, `# the database`, up to the child that follows.
fn comment(input: ParseStream, errors: &mut Errors) {
    if input.peek(Token![#]) && input.peek2(Token![!]) && input.peek3(token::Bracket) {
        errors.push(input.error(INNER_ATTRIBUTE));
        let _ = (input.parse::<Token![#]>(), input.parse::<Token![!]>());
        let _ = input.parse::<proc_macro2::TokenTree>();
    } else if input.peek(Token![#]) && !input.peek2(token::Bracket) {
        errors.push(input.error("a comment begins with `//`"));
        let _ = input.parse::<Token![#]>();
        skip_to(input, starts_child);
    }
}

/// Reports and skips words that other languages write before a declaration: `pub db: Db`,
/// `let db: Db`, `worker db: Db`.
///
/// # Errors
///
/// If a statement or an item begins here: `for …`, `fn …`.
fn words_before_name(input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
    if input.peek(Token![pub]) && !input.peek2(Token![:]) {
        let vis: Visibility = input.parse()?;
        let message =
            "a child has no visibility: its accessor is as visible as the tree; leave `pub` out";
        errors.on(vis, message);
    }
    loop {
        let ahead = input.fork();
        let Ok(word) = ahead.call(Ident::parse_any) else { return Ok(()) };
        if ahead.is_empty() || ahead.peek(Token![:]) || ahead.peek(Token![=]) {
            return Ok(());
        }
        let text = word.to_string();
        if let Some(function) = function(input) {
            let message = format!(
                "a function stands before the tree; the child that runs it is `{function}: Always`"
            );
            return Err(syn::Error::new(word.span(), message));
        }
        let next = ahead.call(Ident::parse_any);
        // `db Db`, where the colon is missing, is no word too many.
        let is_declared = ahead.peek(Token![:]) && !ahead.peek(Token![::]);
        let is_constant = (text == "const" || text == "static")
            && next.as_ref().is_ok_and(|next| !is_lower(&next.to_string()));
        let statement = if is_constant { "type" } else { &text };
        // `async worker: Always` is a child, with a word too many.
        let is_child = is_declared && elsewhere::is_item(&text);
        if let Some(why) = elsewhere::statement(statement).filter(|_| !is_child) {
            return Err(syn::Error::new(word.span(), why));
        }
        let Ok(next) = next else { return Ok(()) };
        let is_before = elsewhere::is_before_a_name(&text) || is_child;
        if is_before && is_statement(&ahead) {
            let message = format!(
                "a tree holds only children; put this into the value of a child: `name: Type = {{ let {next} = …; … }}`"
            );
            return Err(syn::Error::new(word.span(), message));
        }
        let message = if is_before && (is_declared || ahead.peek(Token![=])) {
            format!("`{text}` has no place before a child; leave it out: `{next}: …`")
        } else if is_declared {
            format!("a child has one word before its colon, its name; write `{next}: …`")
        } else {
            return Ok(());
        };
        errors.at(word.span(), message);
        input.call(Ident::parse_any)?;
    }
}

/// Returns whether `= value;` follows, as behind the name of a variable.
fn is_statement(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.parse::<Token![=]>().is_ok() && ahead.parse::<Expr>().is_ok() && ahead.peek(Token![;])
}

/// Returns the name of the function that is declared here: `async fn worker(ctx: Context) …`.
fn function(input: ParseStream) -> Option<Ident> {
    let ahead = input.fork();
    ahead.parse::<Option<Token![async]>>().ok()?;
    ahead.parse::<Token![fn]>().ok()?;
    let name = ahead.call(Ident::parse_any).ok()?;
    ahead.peek(token::Paren).then_some(name)
}

/// Parses a child's name.
fn name(input: ParseStream, errors: &mut Errors) -> syn::Result<Ident> {
    if let Some((word, text)) = kebab(input) {
        let message = format!("`-` is no part of a name in Rust; write `{text}`");
        let Ok(name) = syn::parse_str::<Ident>(&text) else {
            return Err(syn::Error::new(word.span(), message));
        };
        errors.at(word.span(), message);
        return Ok(Ident::new(&name.to_string(), word.span()));
    }
    if let Ok(string) = input.fork().parse::<LitStr>() {
        let text = names::snake(&string.value()).replace(['-', ' '], "_");
        let Ok(name) = syn::parse_str::<Ident>(&text) else {
            return Err(input.error("a child's name is a word of Rust, without quotes: `db: Db`"));
        };
        input.parse::<LitStr>()?;
        errors.at(string.span(), format!("a name has no quotes; write `{text}: …`"));
        return Ok(Ident::new(&name.to_string(), string.span()));
    }
    if input.peek(Ident::peek_any) {
        return input.call(Ident::parse_any);
    }
    Err(input.error(mistakes::no_child(input)))
}

fn body(input: ParseStream, name: &Ident, errors: &mut Errors) -> syn::Result<Body> {
    if let Some(message) = option_as_child(input, name) {
        return Err(syn::Error::new(name.span(), message));
    }
    if !input.peek(Token![:]) || input.peek(Token![::]) {
        // At the end of the braces there is no token to point at but the name.
        let span = if input.is_empty() { name.span() } else { input.span() };
        return Err(syn::Error::new(span, colon_missing(input, name)));
    }
    let colon: Token![:] = input.parse()?;
    type_of_supervisor(input, name, errors)?;
    if input.is_empty() || input.peek(Token![,]) || starts_child(input) {
        let message = format!(
            "`{name}` has nothing after its colon; write a policy such as `Always`, a type, or a supervisor"
        );
        return Err(syn::Error::new(colon.span, message));
    }
    if input.peek(Token![=]) {
        return Err(input.error(type_missing(input, name)));
    }
    if let Some(message) = mistakes::fields(input, name) {
        return Err(input.error(message));
    }
    kind_before_strategy(input, name, errors)?;
    if is_supervisor(input) {
        return supervisor::parse(input, Some(name), None, errors)
            .map(|nested| Body::Supervisor(Box::new(nested)));
    }
    task_or_typed(input, name, errors)
}

/// Reports and skips the name of a type before a strategy: `sub: Sub: one_for_one { … }`.
fn type_of_supervisor(input: ParseStream, name: &Ident, errors: &mut Errors) -> syn::Result<()> {
    let ahead = input.fork();
    let Ok(of) = ahead.call(Ident::parse_any) else { return Ok(()) };
    if is_lower(&of.to_string()) || ahead.parse::<Token![:]>().is_err() {
        return Ok(());
    }
    let Ok(strategy) = ahead.call(Ident::parse_any) else { return Ok(()) };
    if Strategy::meant_by(&strategy.to_string()).is_none() {
        return Ok(());
    }
    let message = format!(
        "the macro names the type of a nested supervisor; write `{name}: {strategy} {{ … }}`"
    );
    errors.at(of.span(), message);
    input.call(Ident::parse_any)?;
    input.parse::<Token![:]>()?;
    Ok(())
}

/// Reports and skips a word before a strategy: `sub: supervisor one_for_one { … }`.
fn kind_before_strategy(input: ParseStream, name: &Ident, errors: &mut Errors) -> syn::Result<()> {
    let ahead = input.fork();
    let (Ok(word), Ok(strategy)) = (ahead.call(Ident::parse_any), ahead.call(Ident::parse_any))
    else {
        return Ok(());
    };
    let is_policy =
        Policy::parse(&word.to_string()).is_some() || Policy::meant_by(&word.to_string()).is_some();
    if Strategy::parse(&strategy.to_string()).is_none() || is_policy || ahead.peek(Token![:]) {
        return Ok(());
    }
    let message =
        format!("a supervisor is known by its strategy; write `{name}: {strategy} {{ … }}`");
    errors.at(word.span(), message);
    input.call(Ident::parse_any)?;
    Ok(())
}

/// Returns the message for a name without a colon.
fn colon_missing(input: ParseStream, name: &Ident) -> String {
    let text = name.to_string();
    let ahead = input.fork();
    if ahead.peek(token::Paren)
        && ahead.parse::<proc_macro2::Group>().is_ok()
        && ahead.parse::<Token![:]>().is_ok()
        && is_supervisor(&ahead)
    {
        return format!(
            "a nested supervisor has no parameters: its children see those of the tree, and the siblings before it; write `{name}: …`"
        );
    }
    if !is_lower(&text) {
        return format!("a child has a name; write `{}: {name}`", names::snake(&text));
    }
    if input.peek(Token![=]) && !input.peek(Token![=>]) {
        return type_missing(input, name);
    }
    format!("expected `:` after `{name}`; a child is `{name}: Always`, or `{name}: Type = value`")
}

/// Returns the message for a child with a value and without a type: `db = Db::new("x")`.
fn type_missing(input: ParseStream, name: &Ident) -> String {
    let ahead = input.fork();
    let _ = ahead.parse::<Token![=]>();
    if let Ok(word) = ahead.fork().call(Ident::parse_any)
        && Strategy::parse(&word.to_string()).is_some()
    {
        return format!("a supervisor stands after a colon; write `{name}: {word} {{ … }}`");
    }
    let value = ahead.parse::<Expr>();
    let written = value.ok().and_then(|value| mistakes::declaration_of(name, &value));
    let written = written.unwrap_or_else(|| format!("{name}: Type = value"));
    format!("a child has a policy or a type before its value; write `{written}`")
}

/// Returns the message for an option that stands among the children: `max_restarts: 5`.
fn option_as_child(input: ParseStream, name: &Ident) -> Option<String> {
    let ahead = input.fork();
    if ahead.parse::<Token![:]>().is_err() && ahead.parse::<Token![=]>().is_err() {
        return None;
    }
    let text = name.to_string();
    let is_number = ahead.peek(syn::Lit) || ahead.peek(Token![-]);
    let is_word = matches!(ahead.call(Ident::parse_any), Ok(word) if is_lower(&word.to_string()));
    if !is_number && !(is_word && (ahead.is_empty() || ahead.peek(Token![,]))) {
        return None;
    }
    let key = Key::parse(&text).or_else(|| {
        // `intensity: 5`; a word alone may be a function, as in `ping: pong`.
        elsewhere::options(&text).next().filter(|_| is_number)
    })?;
    let (word, example) = (key.as_str(), key.example());
    let place = Place::Nested { pool: true };
    let is_of_supervisor = key.is_passed_to(Receiver::Builder, place)
        || key.is_passed_to(Receiver::Constant, place)
        || key == Key::ShutdownWithin;
    Some(if is_of_supervisor {
        format!(
            "`{text}` is an option; options stand in parentheses before the braces: `one_for_one({word} = {example}) {{ … }}`"
        )
    } else {
        format!(
            "`{text}` is an option; options stand in parentheses after a child's type: `name: Type({word} = {example})`"
        )
    })
}

/// Returns whether a supervisor stands here, perhaps with a misspelt strategy.
fn is_supervisor(input: ParseStream) -> bool {
    if input.peek(token::Brace) {
        return true;
    }
    if kebab(&input.fork()).is_some_and(|(_, text)| Strategy::parse(&text).is_some()) {
        return true;
    }
    let ahead = input.fork();
    let Ok(mut word) = ahead.call(Ident::parse_any) else { return false };
    let mut is_path = false;
    // `SupervisionStrategy::OneForOne { … }`
    while ahead.peek(Token![::]) && ahead.peek3(Ident::peek_any) {
        let Ok(_) = ahead.parse::<Token![::]>() else { return false };
        let Ok(next) = ahead.call(Ident::parse_any) else { return false };
        (word, is_path) = (next, true);
    }
    let text = word.to_string();
    if !is_path && Strategy::parse(&text).is_some() {
        return true;
    }
    let near = Strategy::nearest(&text).is_some();
    if near && is_lower(&text) && !is_path && !ahead.peek(Token![::]) {
        return true;
    }
    if ahead.peek(token::Paren) && ahead.parse::<proc_macro2::Group>().is_err() {
        return false;
    }
    // `sub: one_for { … }` is a supervisor; `db: Database { … }` a type with its value.
    let is_known = near || elsewhere::strategy(&text).is_some();
    let is_followed = ahead.peek(token::Brace) || supervisor::starts_engine(&ahead);
    is_followed && (is_known || (is_lower(&text) && !is_path))
}
