//! The engine's deadlines. A deadline that is no longer wanted is removed, never left to fire
//! on something else.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

use super::children::Key;
use super::numbers::ByNumber;

/// Whose deadline it is; each has one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// A child's; what it means follows from the child's state.
    Child(Key),
    /// The common one of children that are stopped at once.
    Stop,
}

/// A deadline that has been set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    at: Instant,
    /// Tells timers of the same instant apart, in the order in which they were set.
    number: u64,
}

/// Kept apart from the children, of which hardly any has a deadline at a time.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    pending: BTreeMap<Timer, Target>,
    of: HashMap<Target, Timer, ByNumber>,
    next: u64,
}

impl Timers {
    /// Sets a deadline, in place of the one that was set.
    pub(crate) fn set(&mut self, at: Instant, target: Target) {
        let timer = Timer { at, number: self.next };
        self.next += 1;
        if let Some(old) = self.of.insert(target, timer) {
            self.pending.remove(&old);
        }
        self.pending.insert(timer, target);
    }

    pub(crate) fn cancel(&mut self, target: Target) {
        // Nearly always there is none: no look at the map then.
        if !self.of.is_empty()
            && let Some(timer) = self.of.remove(&target)
        {
            self.pending.remove(&timer);
        }
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.pending.first_key_value().map(|(timer, _)| timer.at)
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Target> {
        let first = self.pending.first_entry().filter(|first| first.key().at <= now)?;
        let target = first.remove();
        self.of.remove(&target);
        Some(target)
    }
}
