//! Restart intensity: the number of restarts that are left before the supervisor gives up, or before it
//! gives up a child that has a limit of its own.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::children::Key;
use super::hash::BuildNumberHasher;
use crate::packed_instant::PackedInstant;
use crate::spec::MaxRestarts;

/// The records of the children that have a limit of their own and have been restarted.
#[derive(Debug, Default)]
pub(crate) struct OwnLimits(HashMap<Key, Intensity, BuildNumberHasher>);

impl OwnLimits {
    /// Returns the record of a child with this limit.
    pub(crate) fn of(&mut self, key: Key, limit: MaxRestarts, window: Duration) -> &mut Intensity {
        self.0.entry(key).or_insert_with(|| Intensity::new(limit, window))
    }

    /// Forgets the restarts of a child.
    pub(crate) fn forget(&mut self, key: Key) {
        // Most supervisors have no such child.
        if !self.0.is_empty() {
            self.0.remove(&key);
        }
    }
}

/// The number of consecutive failed attempts to restart each child.
///
/// They count together, however long each of them takes. If only the window counted, an attempt that
/// fails after its `start_timeout` could be forgotten by the time at which the next one fails.
#[derive(Debug, Default)]
pub(crate) struct FailedStarts(HashMap<Key, u32, BuildNumberHasher>);

impl FailedStarts {
    pub(crate) fn add(&mut self, key: Key) {
        let failed = self.0.entry(key).or_default();
        *failed = failed.saturating_add(1);
    }

    /// Returns the number of attempts of a child that have failed since its last life was up.
    pub(crate) fn of(&self, key: Key) -> u32 {
        // Most children never fail to start.
        if self.0.is_empty() { 0 } else { self.0.get(&key).copied().unwrap_or(0) }
    }

    /// Returns the largest number of attempts of one of these children.
    pub(crate) fn most(&self, counts: impl Fn(Key) -> bool) -> u32 {
        let failed = self.0.iter().filter(|(key, _)| counts(**key));
        failed.map(|(_, failed)| *failed).max().unwrap_or(0)
    }

    /// Forgets the attempts of a child that is up, or is not started again.
    pub(crate) fn forget(&mut self, key: Key) {
        if !self.0.is_empty() {
            self.0.remove(&key);
        }
    }
}

/// The exact record of the restarts in the last window: a restart counts as long as it is not
/// older than the window (OTP's boundary is inclusive too, on whole seconds).
#[derive(Debug)]
pub(crate) struct Intensity {
    limit: MaxRestarts,
    window: Duration,
    /// The instant until which each restart counts (`None`: for ever), oldest first; never longer
    /// than the limit, and empty if there is no limit.
    log: VecDeque<Option<PackedInstant>>,
}

impl Intensity {
    pub(crate) fn new(limit: MaxRestarts, window: Duration) -> Self {
        // Reserve nothing: a limit of `u32::MAX` then costs no more than the restarts that happen.
        Self { limit, window, log: VecDeque::new() }
    }

    /// Takes the credit for one restart of a child after this many failed attempts; returns `false` if
    /// no credit is left.
    #[must_use]
    pub(crate) fn take(&mut self, now: PackedInstant, failed_starts: u32) -> bool {
        let MaxRestarts::AtMost(limit) = self.limit else { return true };
        self.forget_old(now);
        if failed_starts >= limit || self.log.len() >= limit as usize {
            return false;
        }
        // An instant that `PackedInstant` cannot represent never comes.
        self.log.push_back(now.checked_add(self.window));
        true
    }

    /// Returns the number of restarts that are left now; `None` means any number.
    pub(crate) fn left(&mut self, now: PackedInstant) -> Option<u32> {
        self.left_after(now, 0)
    }

    /// Returns the number of restarts that are left for a child after this many failed attempts.
    pub(crate) fn left_after(&mut self, now: PackedInstant, failed_starts: u32) -> Option<u32> {
        let MaxRestarts::AtMost(limit) = self.limit else { return None };
        self.forget_old(now);
        let used = u32::try_from(self.log.len()).unwrap_or(u32::MAX);
        Some(limit.saturating_sub(used.max(failed_starts)))
    }

    /// Returns `true` if credit is left, even if no restart has left the window since the last call
    /// that brought the time.
    pub(crate) fn has_credit(&self) -> bool {
        match self.limit {
            MaxRestarts::AtMost(limit) => self.log.len() < limit as usize,
            MaxRestarts::Unlimited => true,
        }
    }

    fn forget_old(&mut self, now: PackedInstant) {
        while self.log.front().is_some_and(|until| until.is_some_and(|until| now > until)) {
            self.log.pop_front();
        }
    }
}
