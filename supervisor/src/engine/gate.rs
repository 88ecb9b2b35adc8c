//! Children behind a gate: while it is shut, no life of them begins, whoever asks for one.
//!
//! They belong under one_for_one, where no sibling waits for a child that is stopped at any moment.

use super::child::{Down, Purpose};
#[cfg(feature = "lease")]
use super::child::{OwnStop, State};
use super::{Answer, ChildRules, Engine, Key, Named, Refusal};
#[cfg(feature = "lease")]
use crate::packed_instant::PackedInstant;

/// Returns `true` if a child with these rules is behind a gate, and its gate is not among the open ones.
pub(super) fn keeps_shut(rules: &ChildRules, open_gates: &[Key], key: Key) -> bool {
    rules.gated && !open_gates.contains(&key)
}

impl<C: Named, R> Engine<C, R> {
    /// Returns `true` if the child is behind a gate.
    #[cfg(feature = "lease")]
    pub(super) fn is_gated(&self, key: Key) -> bool {
        self.rules_of(key).is_some_and(|rules| rules.gated)
    }

    /// Returns `true` if the child is behind a gate that is shut.
    pub(crate) fn is_shut(&self, key: Key) -> bool {
        self.rules_of(key).is_some_and(|rules| keeps_shut(rules, &self.open_gates, key))
    }

    /// Leaves a child on standby that was to be started for this purpose. Nobody waits for it.
    pub(super) fn stand_by(&mut self, key: Key, purpose: Purpose<R>) {
        self.close_child(key, Down::Standby);
        match purpose {
            Purpose::Sequence => {
                self.pass(key);
            }
            Purpose::Restart | Purpose::Together => {}
            Purpose::Add(reply) => self.answer(reply, Answer::Done),
            Purpose::Command(reply) => self.answer(reply, Answer::Refused(Refusal::Standby)),
        }
    }

    /// Opens the gate of a child, and starts the child, if it has no life.
    #[cfg(feature = "lease")]
    pub(super) fn open(&mut self, now: PackedInstant, key: Key, reply: R) {
        if !self.open_gates.contains(&key) {
            self.open_gates.push(key);
        }
        self.restart(now, key, reply);
    }

    /// Shuts the gate of a child, and stops the child in order, whatever the supervisor does
    /// meanwhile. The answer comes when the child has no life.
    #[cfg(feature = "lease")]
    pub(super) fn shut(&mut self, now: PackedInstant, key: Key, reply: R) {
        self.open_gates.retain(|open| *open != key);
        let Some(child) = self.children.get(key) else { return };
        match child.state {
            State::Starting(_) | State::Trying { .. } | State::Up { .. } => {
                self.overtake_start(now, key);
                self.halt(now, key, OwnStop::Terminate(reply).into());
            }
            State::Stopping(_) | State::Killing(_) => self.awaited_ends.push((key, reply)),
            State::Zombie
            | State::Down(_)
            | State::Held
            | State::Waiting(_)
            | State::Resting
            | State::ExitPending(_) => self.terminate(now, key, reply),
        }
    }
}
