//! Rules on supervisors, and on the tree as a whole.

use std::time::Duration;

use supervisor_rules::wording;

use super::super::ast::{Body, Child, Enclosure, Handle, Supervisor, Tree};
use super::super::text::compact;
use super::facts::{auto_shutdown, may_be_significant};
use crate::errors::Errors;
use crate::options::key::Key;
use crate::options::setting::{Known, Setting};
use crate::words::{AutoShutdown, Strategy, Vocabulary, elsewhere};

type Rule = fn(&Supervisor, &mut Errors);

pub(super) const RULES: [Rule; 9] = [
    strategy_unknown,
    braces_expected,
    template_count,
    template_nested,
    max_children_of_partitions,
    max_children_exceeded,
    window_unlimited,
    window_too_short,
    auto_shutdown_without_significant,
];

/// Checks that a strategy is one of the four.
fn strategy_unknown(supervisor: &Supervisor, errors: &mut Errors) {
    let word = &supervisor.strategy;
    if word.known.is_some() {
        return;
    }
    let text = word.ident.to_string();
    let message = match Strategy::meant_by(&text) {
        Some((meant, _)) if elsewhere::is_singleton(&text) => {
            let (meant, lease) = (meant.as_str(), "(lease = \"billing\") with leases");
            let lease =
                if supervisor.options.contains(Key::Lease) { "(…) with …" } else { lease };
            format!(
                "`{text}` is no strategy: a lease has the children of a supervisor run in one replica only; write `{meant}{lease} {{ … }}`"
            )
        }
        Some((_, meant)) => format!("unknown strategy `{text}`; did you mean `{meant}`?"),
        None => format!("unknown strategy `{text}`; expected {}", Strategy::list()),
    };
    errors.at(word.ident.span(), message);
}

/// Checks that the children of a supervisor stand in braces.
fn braces_expected(supervisor: &Supervisor, errors: &mut Errors) {
    let strategy = supervisor.strategy().as_str();
    match supervisor.enclosure {
        Enclosure::Braces => {}
        Enclosure::Wrong(span) => {
            errors.at(span, format!("children stand in braces: `{strategy} {{ … }}`"));
        }
        // Without a known strategy it is not certain that a supervisor was meant.
        Enclosure::Missing(_) if supervisor.strategy.known.is_none() => {}
        Enclosure::Missing(span) => {
            errors.at(span, format!("expected this supervisor's children: `{strategy} {{ … }}`"));
        }
    }
}

/// Checks that a `simple_one_for_one` supervisor has exactly one child, the template.
fn template_count(supervisor: &Supervisor, errors: &mut Errors) {
    if !supervisor.is_pool() || !matches!(supervisor.enclosure, Enclosure::Braces) {
        return;
    }
    match supervisor.children.as_slice() {
        [] => errors.push(template_missing(supervisor)),
        [template, others @ ..] => {
            if let Some(cfg) = template.cfgs().next() {
                errors.on(cfg, "a template is always there; put `#[cfg]` on its supervisor");
            }
            for other in others {
                errors.at(other.name.span(), wording::template_count_exceeded(&other.unraw_name()));
            }
        }
    }
}

/// Returns the error for a pool without a template, which replaces the pool's handle in an
/// expansion.
pub(crate) fn template_missing(supervisor: &Supervisor) -> syn::Error {
    let message = wording::template_count_missing(", as in `{ worker: Temporary<Worker> }`");
    syn::Error::new(supervisor.strategy.ident.span(), message)
}

/// Checks that a template is a task or has a type: workers made from a nested supervisor would
/// share the values of its children.
fn template_nested(supervisor: &Supervisor, errors: &mut Errors) {
    if !supervisor.is_pool() {
        return;
    }
    let nested = |child: &Child| match &child.body {
        Body::Supervisor(nested) => Some(nested_template(child, nested)),
        _ => None,
    };
    supervisor.children.iter().filter_map(nested).for_each(|error| errors.push(error));
}

/// Returns the error for a template in braces, which replaces the pool's handle in an expansion.
pub(crate) fn nested_template(child: &Child, nested: &Supervisor) -> syn::Error {
    let name = child.unraw_name();
    let message =
        format!("a template has no braces; declare a named tree and write `{name}: Temporary<…>`");
    syn::Error::new(nested.strategy.ident.span(), message)
}

/// Checks that a pool with `partitions` has no `max_children`: it has as many workers as
/// partitions.
fn max_children_of_partitions(supervisor: &Supervisor, errors: &mut Errors) {
    if supervisor.partitions().is_none() {
        return;
    }
    let settings = supervisor.options.settings(supervisor.nested_place());
    if let Some((item, ..)) = settings.into_iter().find(|(_, key, _)| *key == Key::MaxChildren) {
        errors.at(item.ident.span(), wording::max_children_of_partitions());
    }
}

/// Checks that a supervisor has room for the children that it declares.
///
/// A child under a condition may be left out, and is not counted.
fn max_children_exceeded(supervisor: &Supervisor, errors: &mut Errors) {
    let settings = supervisor.options.settings(supervisor.nested_place());
    let limit = settings.into_iter().find_map(|(item, key, setting)| match (key, setting) {
        (Key::MaxChildren, Setting::Count(count)) => Some((item.value_span(), count.here()?)),
        _ => None,
    });
    let declared = supervisor.children.iter().filter(|child| !child.has_cfg()).count();
    if let Some((span, limit)) = limit
        && declared > limit
        && !supervisor.is_pool()
    {
        errors.at(span, wording::max_children_exceeded(declared, limit));
    }
}

/// Checks that a supervisor that makes any number of restarts has no window to count them in.
fn window_unlimited(supervisor: &Supervisor, errors: &mut Errors) {
    let settings = || supervisor.options.settings(supervisor.nested_place());
    let is_unlimited = settings().into_iter().any(|(_, key, setting)| {
        key == Key::MaxRestarts && matches!(setting, Setting::Limit(Known::Here(None)))
    });
    let window = settings().into_iter().find(|(_, key, _)| *key == Key::RestartWindow);
    if let Some((item, ..)) = window.filter(|_| is_unlimited) {
        let message = "under `max_restarts = unlimited` no restart is counted, so `restart_window` has no meaning; leave it out";
        errors.at(item.ident.span(), message);
    }
}

/// The shortest time in which restarts can add up: a child that fails at once is restarted some
/// hundred times in it.
const LEAST_WINDOW: Duration = Duration::from_millis(100);

/// Checks that failures can add up in a supervisor's window: in a shorter one they never do, and a
/// child that fails at once is restarted for ever.
fn window_too_short(supervisor: &Supervisor, errors: &mut Errors) {
    let settings = || supervisor.options.settings(supervisor.nested_place());
    let makes_none = settings().into_iter().any(|(_, key, setting)| {
        key == Key::MaxRestarts && matches!(setting, Setting::Limit(Known::Here(Some(0) | None)))
    });
    let window = settings().into_iter().find_map(|(item, key, setting)| match (key, setting) {
        (Key::RestartWindow, Setting::Time(Known::Here(window))) => Some((item, window)),
        _ => None,
    });
    if let Some((item, window)) = window
        && window < LEAST_WINDOW
        && !makes_none
    {
        let written = compact(&item.value_tokens());
        let message = format!(
            "restarts never add up within `restart_window = {written}`, so the supervisor never gives up; write `100ms` or more"
        );
        errors.on(item.value_tokens(), message);
    }
}

/// The number of supervisors in each other that rustc follows for certain when it evaluates a tree's
/// constants, and asks whether its handle is `Send`. Its limit of 128 steps counts those through the types
/// of this library and of std, too.
const MAX_DEPTH: usize = 40;

/// Checks that a tree is not nested deeper than rustc can follow.
pub(super) fn tree_too_deep(tree: &Tree, errors: &mut Errors) {
    let mut level: Vec<&Supervisor> = vec![&tree.root];
    for depth in 1.. {
        let children = level.iter().flat_map(|supervisor| &supervisor.children);
        let nested: Vec<(&Child, &Supervisor)> = children
            .filter_map(|child| match &child.body {
                Body::Supervisor(nested) => Some((child, &**nested)),
                _ => None,
            })
            .collect();
        let Some((child, _)) = nested.first() else { return };
        if depth == MAX_DEPTH {
            let message = format!(
                "`{}` is inside {MAX_DEPTH} supervisors, and the compiler cannot follow more; put it higher, or build this part by hand",
                child.unraw_name()
            );
            errors.at(child.name.span(), message);
            return;
        }
        level = nested.into_iter().map(|(_, supervisor)| supervisor).collect();
    }
}

/// Checks that a supervisor with `auto_shutdown` has a significant child.
///
/// A child with a type may be significant by its derive, so a supervisor that has one passes.
fn auto_shutdown_without_significant(supervisor: &Supervisor, errors: &mut Errors) {
    let Some((span, auto)) = auto_shutdown(supervisor) else { return };
    if auto == AutoShutdown::Never {
        return;
    }
    if supervisor.children.is_empty() || supervisor.children.iter().any(may_be_significant) {
        return;
    }
    errors.at(span, wording::auto_shutdown_without_significant(auto.as_str()));
}

/// Checks that the handle types of two nested supervisors have different names: those of `a_b` in
/// `Shop` and of `b` in `a` in `Shop` would both be `ShopAB`.
pub(super) fn handle_duplicate(child: &Child, errors: &mut Errors) {
    let Body::Supervisor(nested) = &child.body else { return };
    if let Some(Handle { clashes_with: Some(first), .. }) = &nested.handle {
        let message = format!(
            "`{}` and `{first}` would have handle types of the same name; rename one",
            child.unraw_name()
        );
        errors.at(child.name.span(), message);
    }
}

/// Checks that a tree without a name has no attributes: they belong to a type, which it lacks.
pub(super) fn attributes_without_name(tree: &Tree, errors: &mut Errors) {
    if tree.head.is_none()
        && let Some(attr) = tree.attrs.first()
    {
        errors.on(attr, "not expected here; attributes belong on a tree with a name");
    }
}
