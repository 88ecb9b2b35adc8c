//! The engine's deadlines. A deadline that is no longer wanted is removed, never left to fire
//! on something else.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::children::Key;

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A child's; what it means follows from the child's state.
    Child(Key),
    /// The common one of children that are stopped at once.
    Stop,
}

/// A deadline that has been set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    at: Instant,
    /// Tells timers of the same instant apart, in the order in which they were set.
    number: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    pending: BTreeMap<Timer, Target>,
    next: u64,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, target: Target) -> Timer {
        let timer = Timer { at, number: self.next };
        self.next += 1;
        self.pending.insert(timer, target);
        timer
    }

    pub(crate) fn cancel(&mut self, timer: Timer) {
        self.pending.remove(&timer);
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.pending.first_key_value().map(|(timer, _)| timer.at)
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Target> {
        let first = self.pending.first_entry().filter(|first| first.key().at <= now)?;
        Some(first.remove())
    }
}
