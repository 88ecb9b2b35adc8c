//! Restarts that wait: for a delay, or for the messages that are already in the inbox.

use std::time::Duration;

use super::child::{Pending, Purpose, State};
use super::{Effect, Engine, Key, Named, Notice};
use crate::packed_instant::PackedInstant;
use crate::spec::ExitReason;

impl<C: Named, R> Engine<C, R> {
    /// Draws the delay before the child's next attempt; `None` if the child has no backoff.
    pub(super) fn draw_delay(&mut self, key: Key) -> Option<Duration> {
        let child = self.children.get_mut(key)?;
        let backoff = child.rules.backoff?;
        let delay = backoff.delay(child.attempts.into(), self.jitter.draw());
        child.attempts = child.attempts.saturating_add(1);
        Some(delay)
    }

    /// Has the child wait for this long before its restart.
    pub(super) fn delay(&mut self, now: PackedInstant, key: Key, delay: Duration) {
        self.enter(key, State::Waiting(Pending::Start));
        self.arm(now, key, delay);
        let left = self.credits_of(key).left(now);
        self.notify(Notice::Delayed { child: key, delay, left });
    }

    /// Delays the next attempt of a child whose start has failed, or puts it behind the messages
    /// that are already waiting.
    pub(super) fn wait_for_restart(&mut self, now: PackedInstant, key: Key) {
        if let Some(delay) = self.draw_delay(key) {
            self.arm(now, key, delay);
            let failed_starts = self.failed_starts.of(key);
            let left = self.credits_of(key).left_after(now, failed_starts);
            self.notify(Notice::Delayed { child: key, delay, left });
        } else {
            let retry = self.children.get(key).map_or(0, |child| child.retry);
            self.effects.push_back(Effect::RetryLater(key, retry));
        }
    }

    /// Carries out a pending restart that is due, unless it has been overtaken.
    pub(super) fn retry(&mut self, now: PackedInstant, key: Key, retry: u32) {
        let Some(child) = self.children.get(key) else { return };
        if child.retry != retry {
            return;
        }
        let pending = match &child.state {
            State::Waiting(pending) => pending,
            State::Resting => return self.launch(now, key, Purpose::Restart),
            _ => return,
        };
        match pending {
            Pending::Again(reason) => {
                let reason = ExitReason::clone(reason);
                // No delay: the child has already waited for this attempt.
                self.try_restart(now, key, reason, None);
            }
            Pending::Start if self.rules.strategy.is_group() => self.start_scope_of(now, key),
            Pending::Start => self.launch(now, key, Purpose::Restart),
        }
    }
}
