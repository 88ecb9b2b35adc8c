//! The engine's deadlines. A deadline that is no longer wanted is removed, so that it never fires
//! in a later state.

use std::collections::{BTreeMap, HashMap};

use super::children::Key;
use super::hash::BuildNumberHasher;
use crate::packed_instant::PackedInstant;

/// The owner of a deadline; each owner has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// A child; the meaning of its deadline follows from the child's state.
    Child(Key),
    /// All children that are stopped at once; the deadline is common to them.
    Stop,
    /// The supervisor that drains: then it stops in order.
    Drain,
    /// The supervisor as a whole: then what has not ended is stopped at once.
    End,
}

/// A deadline that has been set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline {
    at: PackedInstant,
    /// A running number, which puts deadlines of the same instant in the order in which they were
    /// set.
    number: u64,
}

/// All deadlines that are set. They are kept apart from the children, of which hardly any has a
/// deadline at a time.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// The next deadline. Usually it is the only one, because children are stopped one by one.
    soonest: Option<(Deadline, Target)>,
    /// All other deadlines, which are later.
    later: Option<Box<Later>>,
    next: u64,
}

/// Deadlines, in the order of their instants, and by their targets.
#[derive(Debug, Default)]
struct Later {
    pending: BTreeMap<Deadline, Target>,
    by_target: HashMap<Target, Deadline, BuildNumberHasher>,
}

impl Timers {
    /// Sets a deadline, which replaces the target's previous one.
    pub(crate) fn set(&mut self, at: PackedInstant, target: Target) {
        self.cancel(target);
        let mut later = (Deadline { at, number: self.next }, target);
        self.next += 1;
        match &mut self.soonest {
            None => return self.soonest = Some(later),
            Some(soonest) if later.0 < soonest.0 => std::mem::swap(soonest, &mut later),
            Some(_) => {}
        }
        let (deadline, target) = later;
        let others = self.later.get_or_insert_default();
        others.pending.insert(deadline, target);
        others.by_target.insert(target, deadline);
    }

    #[inline]
    pub(crate) fn cancel(&mut self, target: Target) {
        // The most frequent case comes first: no deadline is set.
        if self.soonest.is_some() {
            self.cancel_among_others(target);
        }
    }

    fn cancel_among_others(&mut self, target: Target) {
        match &self.soonest {
            Some((_, soonest)) if *soonest == target => self.advance(),
            _ => {
                if let Some(later) = &mut self.later
                    && let Some(deadline) = later.by_target.remove(&target)
                {
                    later.pending.remove(&deadline);
                }
            }
        }
    }

    /// Returns the deadline of a target, if it has one.
    pub(crate) fn at(&self, target: Target) -> Option<PackedInstant> {
        let soonest = self.soonest.filter(|(_, soonest)| *soonest == target);
        let deadline = soonest.map(|(deadline, _)| deadline);
        let later = || self.later.as_ref()?.by_target.get(&target).copied();
        deadline.or_else(later).map(|deadline| deadline.at)
    }

    pub(crate) fn next_at(&self) -> Option<PackedInstant> {
        self.soonest.map(|(deadline, _)| deadline.at)
    }

    /// Removes and returns the next deadline that has passed: when it was due, and whose it is.
    pub(crate) fn pop_due(&mut self, now: PackedInstant) -> Option<(PackedInstant, Target)> {
        let (deadline, target) = self.soonest.filter(|(deadline, _)| deadline.at <= now)?;
        self.advance();
        Some((deadline.at, target))
    }

    /// Replaces the next deadline, which has passed or is no longer wanted, by the one after it.
    fn advance(&mut self) {
        self.soonest = None;
        if let Some(later) = &mut self.later {
            self.soonest = later.pending.pop_first();
            if let Some((_, target)) = &self.soonest {
                later.by_target.remove(target);
            }
        }
    }
}
