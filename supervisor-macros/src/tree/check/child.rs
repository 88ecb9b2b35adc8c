//! Rules on children.

use std::time::Duration;

use proc_macro2::Span;
use quote::ToTokens;
use supervisor_rules::{can_escalate, wording};
use syn::{Expr, Lit};

use super::super::ast::{Body, Child, Supervisor};
use super::super::names::{self, Taken};
use super::super::text::compact;
use super::facts::{Facts, Site, auto_shutdown, intensity, restart};
use super::scope::Scope;
use crate::errors::Errors;
use crate::options::duration;
use crate::options::key::{Key, Place};
use crate::walk::{Look, walk};
use crate::words::{AutoShutdown, Mistake, Policy, Vocabulary};

type Rule = fn(&Supervisor, &Child, &mut Errors);

/// The rules that need only the options of a child and of its supervisor.
pub(super) const RULES: [Rule; 11] = [
    significant_always,
    significant_never,
    significant_temporary,
    backoff_temporary,
    max_restarts_temporary,
    backoff_too_slow,
    auto_shutdown_always,
    start_periodic,
    start_timeout_alone,
    start_temporary,
    health_temporary,
];

/// Checks that a child's name is free: not a keyword, and not a function of the handle.
pub(super) fn name_taken(child: &Child, site: Site, errors: &mut Errors) {
    let name = child.unraw_name();
    let message = match names::taken(child, site.is_root, site.root.is_some()) {
        None => return,
        Some(Taken::ByHandle) => {
            format!("the handle has a function `{name}` of its own; give the child another name")
        }
        Some(Taken::Keyword) => {
            format!("`{name}` is a keyword of Rust; write `r#{name}`, or give it another name")
        }
        Some(Taken::Never) => {
            format!("`{name}` cannot be a name in Rust; give the child another one")
        }
    };
    errors.at(child.name.span(), message);
}

/// Checks that a child's name is in lower case, as the names of variables and functions are: a name
/// such as `Cache` may be that of a type or a constant, which `let` would then compare with.
pub(super) fn name_upper(child: &Child, errors: &mut Errors) {
    // Without a colon, as in `{ Cache }`, the word is no name, which has been reported.
    if !matches!(child.body, Body::Broken(_)) {
        errors.extend(upper(child));
    }
}

fn upper(child: &Child) -> Option<syn::Error> {
    let name = child.unraw_name();
    if !name.starts_with(|first: char| first.is_uppercase()) {
        return None;
    }
    let lower =
        if name.contains(char::is_lowercase) { names::snake(&name) } else { name.to_lowercase() };
    let message = format!(
        "a child's name is in lower case, since it is a variable and a function; write `{lower}: …`"
    );
    Some(syn::Error::new(child.name.span(), message))
}

/// Returns the error about the name of a child because of which the handle lacks an accessor that
/// the program may call.
pub(super) fn name_lost(child: &Child, site: Site) -> Option<syn::Error> {
    let mut errors = Errors::default();
    name_taken(child, site, &mut errors);
    errors.first().or_else(|| match (&child.body, upper(child)) {
        (Body::Broken(error), Some(_)) => Some(error.clone()),
        (_, upper) => upper,
    })
}

/// Checks that siblings have different names.
pub(super) fn name_duplicate(supervisor: &Supervisor, scope: Scope, errors: &mut Errors) {
    let child = &supervisor.children[scope.index];
    let name = child.unraw_name();
    let Some(first) = scope.names.first(&name).filter(|first| *first < scope.index) else { return };
    let first = &supervisor.children[first];
    // Under `#[cfg]` the program may have only one of the two; rustc reports a clash.
    if child.has_cfg() || first.has_cfg() {
        return;
    }
    errors.at(
        child.name.span(),
        format!("duplicate child `{name}`; names are unique within a supervisor"),
    );
    errors.at(first.name.span(), format!("child `{name}` is first declared here"));
}

/// Checks that a tree does not contain itself.
pub(super) fn tree_in_itself(child: &Child, site: Site, errors: &mut Errors) {
    let (Body::Typed(typed), Some(root)) = (&child.body, site.root) else { return };
    if typed.ty.is_plain && typed.ty.last == *root {
        errors.on(
            &typed.ty,
            format!(
                "`{root}` is this tree, which would contain itself; if a worker has that name, give the tree another one"
            ),
        );
    }
}

/// Checks that a restart policy is one of the three.
pub(super) fn policy_unknown(child: &Child, errors: &mut Errors) {
    let policy = match &child.body {
        Body::Task(task) => &task.policy,
        Body::Typed(typed) => match &typed.policy {
            Some(policy) => policy,
            None => return,
        },
        Body::Supervisor(_) | Body::Broken(_) => return,
    };
    if policy.known.is_some() {
        return;
    }
    let text = policy.ident.to_string();
    let Some((meant, why)) = Policy::meant_by(&text) else { return };
    let message = meant.correction(&text, why);
    let message = match why {
        // The word may be the name of a type.
        Mistake::Misspelt | Mistake::Elsewhere => format!("{message} (a type: `self::{text}`)"),
        Mistake::Erlang | Mistake::Case => message,
    };
    errors.at(policy.ident.span(), message);
}

/// Checks that the value of a child in a tree with a name neither fails nor waits: the function that
/// makes such a tree returns no `Result`, and is not async.
pub(super) fn value_fallible(child: &Child, site: Site, errors: &mut Errors) {
    let (Some(root), Some(value)) = (site.root, child.value()) else { return };
    let mut exits = Exits(None);
    walk(value, &mut exits);
    let Some((place, what)) = exits.0 else { return };
    let parameter = match &child.body {
        Body::Typed(typed) => format!("{}: {}", child.unraw_name(), compact(&typed.ty.tokens)),
        Body::Supervisor(_) => "leases: PgLeases".to_owned(),
        _ => "config: Config".to_owned(),
    };
    let message = format!(
        "`{root}` is made at once and without failing, so `{what}` has no place here; do this before, and take the result as a parameter, as in `{root}({parameter}): …`"
    );
    errors.at(place, message);
}

/// Checks that a value has no durations with a unit, which only options have: to Rust they are numbers
/// with an unknown suffix.
pub(super) fn duration_in_value(child: &Child, errors: &mut Errors) {
    let Some(value) = child.value() else { return };
    let mut durations = Durations(None);
    walk(value, &mut durations);
    if let Some((span, text, time)) = durations.0 {
        let written = if time.subsec_nanos() == 0 {
            format!("Duration::from_secs({})", time.as_secs())
        } else {
            format!("Duration::from_millis({})", time.as_millis())
        };
        errors.at(
            span,
            format!("a unit has a meaning in options; in a value, `{text}` is `{written}`"),
        );
    }
}

/// The first duration among the literals of an expression.
struct Durations(Option<(Span, String, Duration)>);

impl Look for Durations {
    fn literal(&mut self, literal: &Lit) {
        let text = literal.to_token_stream().to_string();
        let time = duration::parse(&text).ok();
        self.0 = self.0.take().or_else(|| Some((literal.span(), text, time?)));
    }
}

/// The first `?`, `.await` or `return` of an expression, outside of closures and async blocks.
struct Exits(Option<(Span, &'static str)>);

impl Look for Exits {
    fn enter(&mut self, expr: &Expr) -> bool {
        if let Expr::Return(value) = expr {
            self.0.get_or_insert((value.return_token.span, "return"));
        }
        !matches!(expr, Expr::Return(_) | Expr::Closure(_) | Expr::Async(_))
    }

    fn leave(&mut self, expr: &Expr) {
        let exit = match expr {
            Expr::Try(value) => (value.question_token.span, "?"),
            Expr::Await(value) => (value.await_token.span, ".await"),
            _ => return,
        };
        self.0.get_or_insert(exit);
    }

    fn sees_items(&self) -> bool {
        false
    }
}

/// Checks that a significant child can end for good: it is not `Always`.
fn significant_always(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts { policy: Some(Policy::Always), is_significant: true, significant_at, .. }) =
        Facts::of(child)
    else {
        return;
    };
    let message = wording::significant_always(&child.unraw_name());
    errors.at(significant_at.unwrap_or_else(|| child.name.span()), message);
}

/// Checks that the supervisor of a significant child has `auto_shutdown`.
fn significant_never(supervisor: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts { is_significant: true, significant_at, .. }) = Facts::of(child) else { return };
    let auto = auto_shutdown(supervisor).map_or(AutoShutdown::Never, |(_, auto)| auto);
    // A value that cannot be read has been reported.
    let is_unknown =
        auto_shutdown(supervisor).is_none() && supervisor.options.contains(Key::AutoShutdown);
    if auto == AutoShutdown::Never && !is_unknown {
        let message = wording::significant_never(&child.unraw_name());
        errors.at(significant_at.unwrap_or_else(|| child.name.span()), message);
    }
}

/// Checks that a significant child under a group strategy is not `Temporary`: if it were stopped
/// with a sibling, it would be forgotten without the shutdown that its end stands for (the hole in
/// EEP 56).
fn significant_temporary(supervisor: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts {
        policy: Some(Policy::Temporary), is_significant: true, significant_at, ..
    }) = Facts::of(child)
    else {
        return;
    };
    let strategy = supervisor.strategy();
    if strategy.is_group() {
        let message = wording::significant_temporary(&child.unraw_name(), strategy.as_str());
        errors.at(significant_at.unwrap_or_else(|| child.name.span()), message);
    }
}

/// Checks that a child that is never restarted has no backoff.
fn backoff_temporary(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts { policy: Some(Policy::Temporary), backoff: Some((value, _)), .. }) =
        Facts::of(child)
    else {
        return;
    };
    errors.on(value, wording::backoff_temporary(&child.unraw_name()));
}

/// Checks that a child that is never restarted has no limit of restarts.
fn max_restarts_temporary(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts { policy: Some(Policy::Temporary), own_limit: Some((value, _)), .. }) =
        Facts::of(child)
    else {
        return;
    };
    errors.on(value, wording::max_restarts_temporary(&child.unraw_name()));
}

/// Checks that a backoff is fast enough for a child that fails again and again to exceed
/// `max_restarts` within `restart_window`: otherwise the child's failures never escalate. A child
/// whose start is tried again is meant to be patient.
fn backoff_too_slow(supervisor: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(facts) = Facts::of(child) else { return };
    // (A child's type may have `start = retry`; the library, which knows, checks it.)
    let may_retry = match facts.retries {
        Some(retries) => retries,
        None => matches!(child.body, Body::Typed(_)),
    };
    let Facts { policy, backoff: Some((value, backoff)), own_limit, .. } = facts else { return };
    if may_retry {
        return;
    }
    let Some((min, max)) = backoff.here() else { return };
    let Some((limit, window)) = intensity(supervisor) else { return };
    let limit = match own_limit {
        Some((_, own)) => own.here().flatten(),
        // (The child's type may have a limit of its own; the library, which knows, checks it.)
        None if matches!(child.body, Body::Typed(_)) => return,
        None => limit,
    };
    let Some(limit) = limit else { return };
    // With no restart at all, the backoff is never used, which is another rule.
    if policy != Some(Policy::Temporary) && !can_escalate(min, max, limit, window) {
        errors.on(value, wording::backoff_too_slow(&child.unraw_name(), limit, window));
    }
}

/// Checks that a nested supervisor that ends by `auto_shutdown` is not `Always`: it would be
/// started again at once.
fn auto_shutdown_always(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Body::Supervisor(nested) = &child.body else { return };
    let Some((span, auto)) = auto_shutdown(nested) else { return };
    if auto != AutoShutdown::Never && restart(nested) == Policy::Always {
        let remedy = "add `restart = Transient`";
        errors.at(span, wording::auto_shutdown_always(&child.unraw_name(), remedy));
    }
}

/// Checks that a periodic job has no `start` or `start_timeout`: it has started when its schedule
/// has, and never reports.
fn start_periodic(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Body::Task(task) = &child.body else { return };
    if task.every().is_none() {
        return;
    }
    let settings = task.options.settings(Place::Task);
    let found =
        settings.into_iter().find(|(_, key, _)| matches!(key, Key::Start | Key::StartTimeout));
    if let Some((item, key, _)) = found {
        let message = wording::start_periodic(&child.unraw_name(), key.as_str());
        errors.at(item.ident.span(), message);
    }
}

/// Checks that a child with `start_timeout` reports when it is ready.
///
/// A child with a type may have `start = notify` from its derive, so only tasks are checked.
fn start_timeout_alone(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Body::Task(task) = &child.body else { return };
    if task.every().is_some() {
        return;
    }
    let find = |wanted: Key| {
        let settings = task.options.settings(Place::Task);
        settings
            .into_iter()
            .find(|(_, key, _)| *key == wanted)
            .map(|(item, _, _)| item.ident.span())
    };
    if let (Some(span), None) = (find(Key::StartTimeout), find(Key::Start)) {
        errors.at(span, wording::start_timeout_alone(&child.unraw_name()));
    }
}

/// Checks that a child whose start is tried again is started more than once.
fn start_temporary(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts { policy: Some(Policy::Temporary), retries_at: Some(span), .. }) =
        Facts::of(child)
    else {
        return;
    };
    errors.at(span, wording::start_temporary(&child.unraw_name()));
}

/// Checks that the tree's health does not require a child that may end and stay away.
fn health_temporary(_: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some(Facts { policy: Some(Policy::Temporary), required_at: Some(span), .. }) =
        Facts::of(child)
    else {
        return;
    };
    errors.at(span, wording::health_temporary(&child.unraw_name()));
}
