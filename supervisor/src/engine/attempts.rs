//! Attempts to start a child with `start = retry`: nobody waits for them, and they take no credit.

use super::child::{Down, Purpose, State};
use super::exits::is_hopeless;
use super::{Answer, Engine, Key, Named, Notice};
use crate::packed_instant::PackedInstant;
use crate::spec::ExitReason;

impl<C: Named, R> Engine<C, R> {
    /// Goes on without waiting for a child that has begun to try: it counts as started.
    pub(super) fn tries(&mut self, key: Key, purpose: Purpose<R>) {
        match purpose {
            Purpose::Sequence => {
                self.pass(key);
            }
            Purpose::Restart | Purpose::Together => {}
            Purpose::Add(reply) | Purpose::Command(reply) => self.answer(reply, Answer::Done),
        }
    }

    /// Handles a failed attempt, whose life is gone: another one follows after the backoff.
    pub(super) fn attempt_failed(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        self.notify(Notice::StartFailed { child: key, reason: reason.clone() });
        if is_hopeless(&reason) {
            return self.give_up(now, key, reason);
        }
        self.enter(key, State::Resting);
        self.wait_for_restart(now, key);
        self.resume_scope_stop(now, key);
    }

    /// Handles a life that ended without a failure before it was up: the child declines its start.
    pub(super) fn attempt_declined(&mut self, key: Key) {
        self.notify(Notice::Declined(key));
        self.settle_without_life(key, Down::Finished);
    }
}
