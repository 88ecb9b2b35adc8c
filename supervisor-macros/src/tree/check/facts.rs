//! Reads from a tree the facts that the rules on children and on supervisors depend on.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use supervisor_rules::defaults;

use super::super::ast::{Body, Child, Supervisor};
use crate::options::key::Key;
use crate::options::setting::{Backoff, HealthPart, Known, Setting, StartMode};
use crate::words::{AutoShutdown, Policy};

/// The surroundings of a supervisor, as far as rules depend on them.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// The type that the tree defines.
    pub(super) root: Option<&'a syn::Ident>,
    pub(super) is_root: bool,
    /// The names of the tree's parameters; a sibling hides one only after its declaration.
    pub(super) params: &'a [String],
    /// The names of those parameters that are references, which may end before the tree does,
    /// and the method that makes an owned value of each.
    pub(super) borrowed: &'a [(String, &'static str)],
    /// The names of those parameters that are moved by each use.
    pub(super) moved: &'a [String],
}

/// The policy and options that a tree gives to a child; those of the child's derive are unknown
/// here.
pub(super) struct Facts {
    /// The restart policy; `None` if the child's type decides.
    pub(super) policy: Option<Policy>,
    pub(super) is_significant: bool,
    pub(super) significant_at: Option<Span>,
    /// The backoff and the tokens of its value.
    pub(super) backoff: Option<(TokenStream, Backoff)>,
    /// The tokens of the value of a `max_restarts` of the child's own, and the value.
    pub(super) own_limit: Option<(TokenStream, Known<Option<u32>>)>,
    /// `true` if a failed start is tried again; `None` if the tree does not say.
    pub(super) retries: Option<bool>,
    /// The place of `start = retry`.
    pub(super) retries_at: Option<Span>,
    /// The place of `health = required`.
    pub(super) required_at: Option<Span>,
}

impl Facts {
    /// Reads a child's options; returns `None` for a child that could not be parsed.
    pub(super) fn of(child: &Child) -> Option<Self> {
        let (options, place) = child.options()?;
        let policy = match &child.body {
            Body::Supervisor(nested) => Some(restart(nested)),
            Body::Task(task) => task.policy.known,
            Body::Typed(typed) => typed.policy.as_ref().and_then(|policy| policy.known),
            Body::Broken(_) => None,
        };
        let mut facts = Self {
            policy,
            is_significant: false,
            significant_at: None,
            backoff: None,
            own_limit: None,
            retries: None,
            retries_at: None,
            required_at: None,
        };
        for (item, key, setting) in options.settings(place) {
            match (key, setting) {
                (Key::Significant, Setting::Flag(is_significant)) => {
                    facts.is_significant = is_significant;
                    facts.significant_at = Some(item.ident.span());
                }
                (Key::Backoff, Setting::Backoff(backoff)) => {
                    facts.backoff = Some((item.value_tokens(), backoff));
                }
                // On a supervisor, it is the limit of its children.
                (Key::MaxRestarts, Setting::Limit(limit))
                    if !matches!(child.body, Body::Supervisor(_)) =>
                {
                    facts.own_limit = Some((item.value_tokens(), limit));
                }
                (Key::Start, Setting::Start(mode)) => {
                    let retries = mode == StartMode::Retry;
                    facts.retries = Some(retries);
                    facts.retries_at = retries.then(|| item.ident.span());
                }
                (Key::Health, Setting::Health(HealthPart::Required)) => {
                    facts.required_at = Some(item.ident.span());
                }
                _ => {}
            }
        }
        Some(facts)
    }
}

/// Returns whether a child is significant, or may be because its type decides or it could not be
/// parsed.
pub(super) fn may_be_significant(child: &Child) -> bool {
    Facts::of(child).is_none_or(|facts| {
        let type_decides = matches!(child.body, Body::Typed(_)) && facts.significant_at.is_none();
        facts.is_significant || type_decides
    })
}

/// Returns a supervisor's `auto_shutdown` and the span of its value, if it is set.
pub(super) fn auto_shutdown(supervisor: &Supervisor) -> Option<(Span, AutoShutdown)> {
    let found = supervisor.options.find(supervisor.nested_place(), |setting| match setting {
        Setting::AutoShutdown(auto) => Some(auto),
        _ => None,
    });
    found.map(|(item, auto)| (item.value_span(), auto))
}

/// Returns the policy by which a nested supervisor is restarted.
pub(super) fn restart(supervisor: &Supervisor) -> Policy {
    let found = supervisor.options.find(supervisor.nested_place(), |setting| match setting {
        Setting::Policy(policy) => Some(policy),
        _ => None,
    });
    found.map_or(Policy::Always, |(_, policy)| policy)
}

/// Returns the number of restarts that a supervisor makes, `None` for any number, and the window in
/// which they count; `None` if the macro does not know one of the two.
pub(super) fn intensity(supervisor: &Supervisor) -> Option<(Option<u32>, Duration)> {
    let (mut limit, mut window) = (Some(defaults::MAX_RESTARTS), defaults::RESTART_WINDOW);
    // These two options may stand on the root as well as on nested supervisors.
    for (_, key, setting) in supervisor.options.settings(supervisor.nested_place()) {
        match (key, setting) {
            (Key::MaxRestarts, Setting::Limit(found)) => limit = found.here()?,
            (Key::RestartWindow, Setting::Time(found)) => window = found.here()?,
            _ => {}
        }
    }
    Some((limit, window))
}
