//! The engine's deadlines. A deadline that is no longer wanted is removed, never left to fire
//! on something else.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::children::Key;
use super::hash::ByNumber;

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
struct Deadline {
    at: Instant,
    /// Tells timers of the same instant apart, in the order in which they were set.
    number: u64,
}

/// Kept apart from the children, of which hardly any has a deadline at a time.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// The next one. As a rule there is no other: children are stopped one by one.
    soonest: Option<(Deadline, Target)>,
    /// All others, which are later.
    pending: BTreeMap<Deadline, Target>,
    of: HashMap<Target, Deadline, ByNumber>,
    next: u64,
}

impl Timers {
    /// Sets a deadline, in place of the one that was set.
    pub(crate) fn set(&mut self, at: Instant, target: Target) {
        self.cancel(target);
        let mut later = (Deadline { at, number: self.next }, target);
        self.next += 1;
        match &mut self.soonest {
            None => return self.soonest = Some(later),
            Some(soonest) if later.0 < soonest.0 => std::mem::swap(soonest, &mut later),
            Some(_) => {}
        }
        let (timer, target) = later;
        self.pending.insert(timer, target);
        self.of.insert(target, timer);
    }

    pub(crate) fn cancel(&mut self, target: Target) {
        match &self.soonest {
            // Nearly always there is none.
            None => {}
            Some((_, of)) if *of == target => self.advance(),
            Some(_) if self.of.is_empty() => {}
            Some(_) => {
                if let Some(timer) = self.of.remove(&target) {
                    self.pending.remove(&timer);
                }
            }
        }
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.soonest.map(|(deadline, _)| deadline.at)
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Target> {
        let (_, target) = self.soonest.filter(|(deadline, _)| deadline.at <= now)?;
        self.advance();
        Some(target)
    }

    /// The next one is over.
    fn advance(&mut self) {
        self.soonest = self.pending.pop_first();
        if let Some((_, target)) = &self.soonest {
            self.of.remove(target);
        }
    }
}
