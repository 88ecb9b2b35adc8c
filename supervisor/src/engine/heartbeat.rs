//! Heartbeats: the checks that a child gives the heartbeats that it has to give.

use std::time::Duration;

use super::child::State;
use super::{Child, Effect, Engine, Key, Named};
use crate::packed_instant::PackedInstant;
use crate::spec::ExitReason;

impl<C: Named, R> Engine<C, R> {
    /// Has the last heartbeat of a child looked up, whose heartbeat was due at `due`.
    pub(super) fn heartbeat_due(&mut self, now: PackedInstant, key: Key, due: PackedInstant) {
        let Some(limit) = self.heartbeat_of(key) else { return };
        if now.saturating_duration_since(due) > limit / 4 {
            // A check that comes late itself proves nothing: the process was frozen, or the machine
            // is overloaded, and the child had no chance to give its sign. It gets one more round.
            self.arm_heartbeat(now, key);
        } else {
            self.effects.push_back(Effect::CheckHeartbeat(key));
        }
    }

    /// Fails a life whose last heartbeat was given too long ago, or sets its next deadline.
    pub(super) fn last_heartbeat(
        &mut self,
        now: PackedInstant,
        key: Key,
        generation: u64,
        at: PackedInstant,
    ) {
        let up = |child: &Child<C, R>| {
            child.generation == generation && matches!(child.state, State::Up { .. })
        };
        if self.is_stopping() || !self.children.get(key).is_some_and(up) {
            return;
        }
        match self.heartbeat_of(key) {
            Some(limit) if now.saturating_duration_since(at) >= limit => {
                self.fail(now, key, ExitReason::Hung(limit), None);
            }
            _ => self.arm_heartbeat(at, key),
        }
    }

    /// Sets the deadline by which a life has to give a heartbeat.
    pub(super) fn arm_heartbeat(&mut self, now: PackedInstant, key: Key) {
        if let Some(limit) = self.heartbeat_of(key) {
            self.arm(now, key, limit);
        }
    }

    /// Returns the time within which a child has to give a heartbeat, if there is one.
    fn heartbeat_of(&self, key: Key) -> Option<Duration> {
        // A heartbeat of zero would be due again as soon as it was checked.
        self.rules_of(key)?.heartbeat.filter(|limit| !limit.is_zero())
    }
}
