//! The rules on failures that would never escalate, or be restarted without an end.

use std::time::Duration;

use supervisor_rules::{Text, can_escalate, defaults, time_to_fail, wording};

use super::{Subject, is};
use crate::spec::{MaxRestarts, RestartPolicy, StartMode, SupervisorOptions};

/// Returns the number of restarts that a supervisor makes and the window in which they count;
/// `None` if it makes any number, or the compiler does not know.
const fn intensity(supervisor: &SupervisorOptions) -> Option<(u32, Duration)> {
    match supervisor.max_restarts {
        _ if supervisor.unknown.intensity => None,
        MaxRestarts::AtMost(limit) => Some((limit, supervisor.restart_window)),
        MaxRestarts::Unlimited => None,
    }
}

/// Returns the number of restarts that are made of a child, by its own limit if it has one, and the
/// window in which they count, as [`intensity`] does.
const fn intensity_of(subject: &Subject<'_>) -> Option<(u32, Duration)> {
    let mut supervisor = subject.supervisor;
    if subject.unknown_limit {
        return None;
    }
    if let Some(max_restarts) = subject.options.max_restarts() {
        supervisor.max_restarts = max_restarts;
    }
    intensity(&supervisor)
}

/// Checks that a backoff is fast enough for a child that fails again and again to exceed
/// `max_restarts` within `restart_window`: otherwise the child's failures never escalate. A child
/// whose start is tried again is meant to be patient.
pub(super) const fn backoff_too_slow(subject: &Subject<'_>) -> Option<Text> {
    let Some(backoff) = subject.options.backoff() else { return None };
    if matches!(subject.options.start(), StartMode::Retry) {
        return None;
    }
    let Some((limit, window)) = intensity_of(subject) else { return None };
    if can_escalate(backoff.min(), backoff.max(), limit, window) {
        return None;
    }
    Some(wording::backoff_too_slow(subject.name, limit, window))
}

/// Checks that a child with a backoff is restarted at all.
pub(super) const fn backoff_without_restarts(subject: &Subject<'_>) -> Option<Text> {
    if subject.options.backoff().is_none() {
        return None;
    }
    let Some((0, _)) = intensity_of(subject) else { return None };
    Some(
        Text::new()
            .quoted(subject.name)
            .str(" is never restarted under `max_restarts = 0`, so its `backoff` is never used; ")
            .str("leave it out, or allow a restart"),
    )
}

/// Checks that a child whose failure is noticed only after its `heartbeat` can exceed `max_restarts`
/// within `restart_window`: otherwise it would hang again and again, and never escalate.
///
/// A `start_timeout` breaks no rule, however long it is: attempts that fail one after the other count
/// together without a window.
pub(super) const fn failure_too_slow(subject: &Subject<'_>) -> Option<Text> {
    let options = &subject.options;
    let Some((limit, window)) = intensity_of(subject) else { return None };
    if is(subject, RestartPolicy::Temporary) {
        return None;
    }
    let Some(heartbeat) = options.heartbeat() else { return None };
    let backoff = match options.backoff() {
        Some(backoff) => Some((backoff.min(), backoff.max())),
        None => None,
    };
    let time = time_to_fail(heartbeat, backoff, limit);
    if heartbeat.is_zero() || time.as_nanos() <= window.as_nanos() {
        return None;
    }
    Some(wording::failure_too_slow(subject.name, heartbeat, limit, time, window))
}

/// The children that a group restart stops while a sibling fails.
pub(crate) struct GroupStops<'a> {
    first: bool,
    /// The child with the longest time, and its time.
    longest: Option<(&'a str, Duration)>,
    total: Duration,
}

/// The time that a group restart may take: that of all children, and the one that takes most of it.
#[derive(Clone, Copy)]
pub(crate) struct GroupStop<'a> {
    name: &'a str,
    total: Duration,
}

impl<'a> GroupStops<'a> {
    pub(crate) const fn new() -> Self {
        Self { first: true, longest: None, total: Duration::ZERO }
    }

    /// Adds the next child, with the `shutdown` that is set for it.
    ///
    /// The first one counts for nothing: it may be the one that fails, for which all others are
    /// stopped under every group strategy.
    pub(crate) const fn with(mut self, name: &'a str, time: Option<Duration>) -> Self {
        if self.first {
            self.first = false;
            return self;
        }
        let Some(time) = time else { return self };
        if time.as_nanos() <= defaults::WORKER_SHUTDOWN.as_nanos() {
            return self;
        }
        let is_longer = match self.longest {
            Some((_, longest)) => time.as_nanos() > longest.as_nanos(),
            None => true,
        };
        if is_longer {
            self.longest = Some((name, time));
        }
        self.total = self.total.saturating_add(time);
        self
    }

    pub(crate) const fn slowest(self) -> Option<GroupStop<'a>> {
        match self.longest {
            Some((name, _)) => Some(GroupStop { name, total: self.total }),
            None => None,
        }
    }
}

/// Checks that a child of a group can exceed `max_restarts` within `restart_window`, even if its
/// siblings use the `shutdown` times that are set for them: otherwise it would fail again and again,
/// and never escalate.
///
/// Times up to the default of `shutdown` break no rule, and neither does the default of
/// `restart_window`, since most children stop at once.
pub(crate) const fn group_too_slow(
    supervisor: &SupervisorOptions,
    stop: Option<GroupStop<'_>>,
) -> Option<Text> {
    let Some(GroupStop { name, total }) = stop else { return None };
    let Some((limit, window)) = intensity(supervisor) else { return None };
    let is_default = window.as_nanos() == defaults::RESTART_WINDOW.as_nanos();
    if !supervisor.strategy.is_group() || is_default {
        return None;
    }
    let time = time_to_fail(total, None, limit);
    if time.as_nanos() <= window.as_nanos() {
        return None;
    }
    Some(wording::group_too_slow(name, total, limit, time, window))
}

/// Checks that a child of a supervisor with `max_restarts = unlimited` has a backoff: one that fails
/// at once would be restarted at once, as fast as the processor can.
///
/// Checked in declared trees only: a supervisor that is built by hand may hold children that are
/// known to end rarely, such as those of a test.
pub(super) const fn restarts_without_end(subject: &Subject<'_>) -> Option<Text> {
    let options = &subject.options;
    let is_unlimited = match subject.options.max_restarts() {
        _ if subject.unknown_limit => false,
        Some(max_restarts) => matches!(max_restarts, MaxRestarts::Unlimited),
        None => {
            !subject.supervisor.unknown.intensity
                && matches!(subject.supervisor.max_restarts, MaxRestarts::Unlimited)
        }
    };
    if !is_unlimited
        || options.backoff().is_some()
        || subject.unknown_backoff
        || options.is_periodic()
        || is(subject, RestartPolicy::Temporary)
    {
        return None;
    }
    Some(
        Text::new()
            .str("under `max_restarts = unlimited`, ")
            .quoted(subject.name)
            .str(" would be restarted without a pause if it fails at once; give it a `backoff`, ")
            .str("as in `backoff = 100ms..30s`"),
    )
}
