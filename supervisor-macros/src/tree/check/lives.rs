//! Rules on the function of a task, which is called once for each life: what it owns is there for
//! all of them.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Block, Expr, ExprClosure, Ident, Local, Stmt};

use super::super::ast::{Body, Child, SHARD, Supervisor};
use super::super::mentions::{Mention, Mentions};
use super::facts::Site;
use super::scope::{Declared, Scope};
use crate::errors::Errors;
use crate::walk::{Look, walk};

/// Checks that the function of a task keeps the siblings that it owns: a life gets a clone.
///
/// The compiler's own error speaks of a closure that has to be `Fn`.
pub(super) fn sibling_given_away(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let Some((value, closure)) = function(child).filter(|(_, closure)| !is_async(closure)) else {
        return;
    };
    let mut gifts = Gifts::default();
    walk(&closure.body, &mut gifts);
    let bound = Mentions::of(value).bound;
    let is_sibling = |ident: &&Ident| {
        let name = ident.unraw().to_string();
        let is_kept = match scope.find(&name) {
            // The number of a shard is copied.
            Some(found) => found == Declared::Before && !(name == SHARD && scope.is_below_shards()),
            None => site.moved.contains(&name),
        };
        is_kept && !bound.contains(&name)
    };
    if let Some(ident) = gifts.to_functions.iter().find(is_sibling) {
        let message =
            format!("`{ident}` would be gone with the first life; write `{ident}.clone()`");
        errors.at(ident.span(), message);
    } else if let Some(ident) = gifts.to_blocks.iter().find(is_sibling) {
        let message = format!(
            "`{ident}` would be gone with the first life; write `{}`",
            with_clone(ident, closure)
        );
        errors.at(ident.span(), message);
    }
}

/// Checks that the closure of a task does not take a parameter that a later child uses, too: the closure
/// has a clone of its own.
///
/// Only a parameter counts that is moved, as far as the name of its type tells.
pub(super) fn parameter_moved(
    supervisor: &Supervisor,
    child: &Child,
    site: Site,
    scope: Scope,
    errors: &mut Errors,
) {
    let Some((value, closure)) = function(child).filter(|_| !child.has_cfg()) else { return };
    if closure.capture.is_none() || scope.is_below_shards() {
        return;
    }
    let bound = Mentions::of(value).bound;
    let mentions = Mentions::of_closure(closure);
    let is_param = |name: &String| {
        site.moved.contains(name) && !bound.contains(name) && scope.find(name).is_none()
    };
    for mention in mentions.values().filter(|mention| is_param(&mention.name())) {
        let name = mention.name();
        let later = supervisor.children.iter().skip(scope.index + 1);
        let user = later.filter(|other| !other.has_cfg()).find(|other| mentions_in(other, &name));
        if let Some(user) = user {
            let (of, ident) = (user.unraw_name(), &mention.ident);
            let context = if closure.inputs.is_empty() { "" } else { "ctx" };
            errors.at(
                ident.span(),
                format!(
                    "this closure takes `{ident}`, which `{of}` uses, too; write `{{ let {ident} = {ident}.clone(); move |{context}| … }}`"
                ),
            );
            return;
        }
    }
}

/// Checks that a value in a shard takes no parameter: it is made once for each shard.
///
/// Only a parameter counts that is moved, as far as the name of its type tells.
pub(super) fn parameter_of_shards(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let Some(value) = child.value().filter(|_| scope.is_below_shards()) else { return };
    let mut given_away = Errors::default();
    sibling_given_away(child, site, scope, &mut given_away);
    if !given_away.is_empty() {
        return;
    }
    let mentions = Mentions::of(value);
    let is_param = |name: &String| site.moved.contains(name) && scope.find(name).is_none();
    let mut captured = mentions.values().filter(|mention| mention.in_closure);
    if let Some((_, closure)) = function(child).filter(|(_, closure)| closure.capture.is_some()) {
        if let Some(Mention { ident, .. }) = captured.find(|mention| is_param(&mention.name())) {
            let context = if closure.inputs.is_empty() { "" } else { "ctx" };
            errors.at(
                ident.span(),
                format!(
                    "each shard makes this closure, which takes `{ident}`; write `{{ let {ident} = {ident}.clone(); move |{context}| … }}`"
                ),
            );
        }
        return;
    }
    let mut gifts = Gifts::default();
    gifts.passed(value);
    walk(value, &mut gifts);
    let is_taken = |ident: &&Ident| {
        let name = ident.unraw().to_string();
        is_param(&name) && !mentions.bound.contains(&name)
    };
    if let Some(ident) = gifts.to_functions.iter().find(is_taken) {
        let message =
            format!("`{ident}` would be gone with the first shard; write `{ident}.clone()`");
        errors.at(ident.span(), message);
    }
}

/// Returns whether the value of a child, or of one below it, uses a name that means something outside.
fn mentions_in(child: &Child, name: &str) -> bool {
    match &child.body {
        Body::Supervisor(nested) => {
            // A child below may have the name.
            nested.children.iter().all(|below| below.unraw_name() != name)
                && nested.children.iter().any(|below| !below.has_cfg() && mentions_in(below, name))
        }
        _ => child.value().is_some_and(|value| {
            Mentions::of(value).values().any(|mention| mention.name() == name)
        }),
    }
}

/// Checks that an async closure captures nothing: it would lend what it captures to the life, and
/// a life borrows nothing.
pub(super) fn async_closure_captures(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let Some((_, closure)) = function(child).filter(|(_, closure)| is_async(closure)) else {
        return;
    };
    let mentions = Mentions::of_closure(closure);
    let captured = mentions.values().find(|mention| {
        let name = mention.name();
        scope.find(&name) == Some(Declared::Before) || site.params.contains(&name)
    });
    if let Some(Mention { ident, .. }) = captured {
        let message = format!(
            "an async closure would lend `{ident}` to the life, which has to own it; write `{}`",
            with_clone(ident, closure)
        );
        errors.at(ident.span(), message);
    }
}

/// Returns the closure that clones a name for each life.
fn with_clone(ident: &Ident, closure: &ExprClosure) -> String {
    let context = if closure.inputs.is_empty() { "" } else { "ctx" };
    format!("move |{context}| {{ let {ident} = {ident}.clone(); async move {{ … }} }}")
}

fn is_async(closure: &ExprClosure) -> bool {
    closure.asyncness.is_some()
}

/// Returns the value of a task, and the closure that the value is.
pub(in crate::tree) fn function(child: &Child) -> Option<(&Expr, &ExprClosure)> {
    let (Body::Task(_), Some(value)) = (&child.body, child.value()) else { return None };
    let mut part = value;
    loop {
        part = match part {
            Expr::Closure(closure) => return Some((value, closure)),
            Expr::Paren(paren) => &paren.expr,
            Expr::Group(group) => &group.expr,
            Expr::Block(block) => last(&block.block)?,
            _ => return None,
        }
    }
}

/// Returns the expression with which a closure ends: its body, or the last one of its block.
pub(super) fn end(body: &Expr) -> &Expr {
    match body {
        Expr::Block(block) => last(&block.block).map_or(body, end),
        _ => body,
    }
}

/// Returns the expression that a block ends with.
fn last(block: &Block) -> Option<&Expr> {
    match block.stmts.last()? {
        Stmt::Expr(expression, None) => Some(expression),
        _ => None,
    }
}

/// The names that a closure gives away.
#[derive(Default)]
struct Gifts {
    /// Those that it passes by value.
    to_functions: Vec<Ident>,
    /// Those that its async blocks capture.
    to_blocks: Vec<Ident>,
}

impl Gifts {
    fn passed(&mut self, argument: &Expr) {
        if let Expr::Path(path) = argument {
            self.to_functions.extend(path.path.get_ident().cloned());
        }
    }
}

impl Look for Gifts {
    fn enter(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Call(call) => call.args.iter().for_each(|argument| self.passed(argument)),
            Expr::MethodCall(call) => call.args.iter().for_each(|argument| self.passed(argument)),
            Expr::Struct(value) => value.fields.iter().for_each(|field| self.passed(&field.expr)),
            Expr::Async(block) => {
                let mentions = Mentions::of_block(&block.block);
                self.to_blocks.extend(mentions.values().map(|mention| mention.ident.clone()));
                return false;
            }
            _ => {}
        }
        true
    }

    fn local(&mut self, local: &Local) {
        if let Some(init) = &local.init {
            self.passed(&init.expr);
        }
    }
}

/// Checks that a child's value keeps no parameter that is borrowed: a child outlives it.
///
/// Only a field of the child's own type counts, which is that of the reference.
pub(super) fn value_borrows_parameter(
    child: &Child,
    site: Site,
    scope: Scope,
    errors: &mut Errors,
) {
    let (Body::Typed(typed), Some(Expr::Struct(value))) = (&child.body, child.value()) else {
        return;
    };
    let is_own = value.path.segments.last().is_some_and(|last| last.ident == typed.ty.last);
    for field in value.fields.iter().filter(|_| is_own) {
        let Expr::Path(path) = &field.expr else { continue };
        let Some(ident) = path.path.get_ident() else { continue };
        let name = ident.unraw().to_string();
        let Some((_, own)) = site.borrowed.iter().find(|(borrowed, _)| *borrowed == name) else {
            continue;
        };
        if scope.find(&name) == Some(Declared::Before) {
            continue;
        }
        let member = field.member.to_token_stream();
        errors.at(
            ident.span(),
            format!(
                "`{ident}` is borrowed while the tree is built, and no longer; let the child own it: `{member}: {ident}.{own}()`"
            ),
        );
        return;
    }
}
