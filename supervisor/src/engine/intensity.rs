//! Restart intensity: how many restarts are left before the supervisor gives up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::spec::MaxRestarts;

/// The restarts of the last window, exactly: a restart counts as long as it is not older than
/// the window (OTP's boundary is inclusive too, on whole seconds).
#[derive(Debug)]
pub(crate) struct Intensity {
    limit: MaxRestarts,
    window: Duration,
    /// Until when each restart counts, oldest first; never more than the limit, and empty when
    /// there is none.
    log: VecDeque<Option<Instant>>,
}

impl Intensity {
    pub(crate) fn new(limit: MaxRestarts, window: Duration) -> Self {
        // Nothing is reserved: a limit of `u32::MAX` costs what is really restarted.
        Self { limit, window, log: VecDeque::new() }
    }

    /// Takes the credit for one restart; `false` means that there is none left.
    #[must_use]
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let MaxRestarts::AtMost(limit) = self.limit else { return true };
        self.forget_old(now);
        if self.log.len() >= limit as usize {
            return false;
        }
        // Past the end of time is never.
        self.log.push_back(now.checked_add(self.window));
        true
    }

    /// How many restarts could be made now; `None` means any number.
    pub(crate) fn left(&mut self, now: Instant) -> Option<u32> {
        let MaxRestarts::AtMost(limit) = self.limit else { return None };
        self.forget_old(now);
        let used = u32::try_from(self.log.len()).unwrap_or(u32::MAX);
        Some(limit.saturating_sub(used))
    }

    /// Whether there is credit for a restart even if none that counts has left the window meanwhile.
    pub(crate) fn has_credit(&self) -> bool {
        match self.limit {
            MaxRestarts::AtMost(limit) => self.log.len() < limit as usize,
            MaxRestarts::Unlimited => true,
        }
    }

    fn forget_old(&mut self, now: Instant) {
        while self.log.front().is_some_and(|until| until.is_some_and(|until| now > until)) {
            self.log.pop_front();
        }
    }
}
