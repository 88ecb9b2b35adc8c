//! Rules on the value of a task, which is a function.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Member, Pat, PatType, PathArguments, Type};

use super::super::ast::{Body, Child, Task};
use super::super::text::compact;
use super::facts::Site;
use super::lives;
use super::scope::{Declared, Scope};
use crate::errors::Errors;
use crate::words::Vocabulary;

/// Checks that a task is a function, which is called for each life, and not the result of a call.
pub(super) fn task_called(child: &Child, errors: &mut Errors) {
    let Body::Task(task @ Task { value: Some(value), .. }) = &child.body else { return };
    let is_context = |argument: &Expr| {
        let Expr::Path(path) = argument else { return false };
        let ident = path.path.get_ident();
        ident.is_some_and(|ident| ident == "ctx" || ident == "context")
    };
    let message = match value {
        Expr::Async(_) if task.every().is_some() => {
            "a job is called in each period; write `async || { … }`".to_owned()
        }
        Expr::Async(_) => {
            "a task is called for each life; write `|ctx| async move { … }`".to_owned()
        }
        Expr::Call(call) if call.args.iter().any(is_context) => {
            let function = compact(&call.func.to_token_stream());
            format!(
                "a task is called for each life; write the function itself: `= {function}`, or `|ctx| {function}(…)`"
            )
        }
        _ => return,
    };
    errors.on(value, message);
}

/// Checks that a task receives no messages: the context that its function is given has none.
pub(super) fn task_with_messages(child: &Child, errors: &mut Errors) {
    let (Body::Task(_), Some(Expr::Closure(closure))) = (&child.body, child.value()) else {
        return;
    };
    for input in &closure.inputs {
        let Pat::Type(PatType { ty, .. }) = input else { continue };
        let Type::Path(path) = &**ty else { continue };
        let Some(last) = path.path.segments.last().filter(|last| last.ident == "Context") else {
            continue;
        };
        let PathArguments::AngleBracketed(of) = &last.arguments else { continue };
        let of = compact(&of.args.to_token_stream());
        if of != "()" {
            errors.on(
                ty,
                format!(
                    "a task receives no messages; what does is a type with `#[derive(Child)]` and `#[child(message = {of})]`"
                ),
            );
        }
    }
}

/// Checks that a task is no value of a type: what has a value is a child with that type.
///
/// A struct is no function, and no program can make its own into one.
pub(super) fn task_made(child: &Child, errors: &mut Errors) {
    let Body::Task(task @ Task { value: Some(value), .. }) = &child.body else { return };
    if let Expr::Field(field) = value
        && let (Expr::Struct(made), Member::Named(method)) = (&*field.base, &field.member)
        && made.rest.is_none()
        && made.fields.iter().all(|own| own.member != field.member)
    {
        let of = compact(&made.path.to_token_stream());
        let message = format!(
            "a task is a function; a method is called by a closure, as in `|ctx| async move {{ {of} {{ … }}.{method}(ctx).await }}`"
        );
        errors.on(value, message);
        return;
    }
    let Expr::Struct(made) = value else { return };
    if task.every().is_some() {
        return;
    }
    let policy = task.policy.known.map_or("Always", Vocabulary::as_str);
    let (name, of) = (child.unraw_name(), compact(&made.path.to_token_stream()));
    errors.on(
        value,
        format!(
            "a task is a function; a child with a value has its type, which derives `Child`: `{name}: {policy}<{of}> = {of} {{ … }}`"
        ),
    );
}

/// Checks that a task is not spawned by the program: the supervisor spawns each life.
pub(super) fn task_spawned(child: &Child, errors: &mut Errors) {
    let (Body::Task(_), Some(value)) = (&child.body, child.value()) else { return };
    let body = lives::function(child).map(|(_, closure)| lives::end(&closure.body));
    for made in [Some(value), body].into_iter().flatten() {
        let Expr::Call(call) = made else { continue };
        let Expr::Path(function) = &*call.func else { continue };
        let text = compact(&function.to_token_stream());
        let message = match text.trim_start_matches("::") {
            "tokio::spawn" | "tokio::task::spawn" | "tokio::task::spawn_local" => format!(
                "the supervisor spawns each life of `{}`; write the function, as in `|ctx| async move {{ … }}`",
                child.unraw_name()
            ),
            "std::thread::spawn" | "tokio::task::spawn_blocking" => format!(
                "a child that blocks its thread is a `Blocking`; write `{}: Blocking<()> = Blocking::new(function)`",
                child.unraw_name()
            ),
            _ => continue,
        };
        errors.on(function, message);
        return;
    }
}

/// Checks that a task has a policy, and not a type that is called `Task`.
///
/// A type of the program may have that name. Its value is no closure, and in a tree with a name a
/// word in lower case that is neither a parameter nor a sibling is a function.
pub(super) fn task_typed(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    const WORDS: [&str; 5] = ["AsyncFn", "Closure", "Fn", "Function", "Task"];
    let Body::Typed(typed) = &child.body else { return };
    let Some(value) = &typed.value else { return };
    if !typed.ty.is_plain || !WORDS.iter().any(|word| typed.ty.last == word) {
        return;
    }
    let name = child.unraw_name();
    let written = match value {
        Expr::Closure(_) => "…".to_owned(),
        Expr::Path(path) if site.root.is_some() => {
            let Some(function) = path.path.get_ident().map(|ident| ident.unraw().to_string())
            else {
                return;
            };
            let is_other = site.params.contains(&function)
                || scope.find(&function).is_some_and(|found| found != Declared::Here);
            if is_other || !function.starts_with(char::is_lowercase) {
                return;
            }
            function
        }
        _ => return,
    };
    errors.on(&typed.ty, format!("a task has a policy; write `{name}: Always = {written}`"));
}
