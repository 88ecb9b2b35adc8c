//! Group restarts: the scope is stopped in reverse order, then started again in order.

use super::child::{Down, State, StopPurpose};
use super::walk::Way;
use super::{BURST, Engine, GroupRestart, Key, Mode, Named};
use crate::packed_instant::PackedInstant;
use crate::spec::RestartPolicy;

impl<C: Named, R> Engine<C, R> {
    /// Starts all children in the scope of a child that have no life.
    pub(super) fn start_scope_of(&mut self, now: PackedInstant, key: Key) {
        self.start_scope_but(now, key, None);
    }

    /// Starts all children in the scope of a child that have no life, but for one that stays down.
    pub(super) fn start_scope_but(&mut self, now: PackedInstant, key: Key, skip: Option<Key>) {
        self.mode = Mode::RestartingGroup(GroupRestart::Starting { skip });
        self.walk_scope(Way::Start, key);
        self.go_on(now);
    }

    /// Stops the children in the scope of a failed child that are ready.
    pub(super) fn stop_scope(&mut self, now: PackedInstant) {
        if self.walk_rests() {
            return;
        }
        let mut asked = 0;
        while let Mode::RestartingGroup(GroupRestart::Stopping { failed, delay }) = self.mode {
            let Some(key) = self.take_ready() else {
                if !self.is_walk_over() {
                    return self.notify_of_waits();
                }
                return match delay {
                    Some(delay) => {
                        self.mode = Mode::Running;
                        self.delay(now, failed, delay);
                    }
                    None => self.start_scope_of(now, failed),
                };
            };
            match self.children.get(key).map(|child| &child.state) {
                // A child that is already stopping, as a hung one is, keeps its deadline.
                Some(State::Stopping(_) | State::Killing(_)) => {}
                Some(state) if state.has_life() => {
                    self.halt(now, key, StopPurpose::Sequence);
                    asked += 1;
                    if asked == BURST && self.rest_walk() {
                        return;
                    }
                }
                _ => {
                    self.pass(key);
                    self.hold(key, failed);
                }
            }
        }
    }

    /// Goes on to stop the scope, if the stop was waiting for this child, which has no life any
    /// more.
    pub(super) fn resume_scope_stop(&mut self, now: PackedInstant, key: Key) {
        if let Mode::RestartingGroup(GroupRestart::Stopping { failed, .. }) = self.mode
            && self.pass(key)
        {
            self.hold(key, failed);
            self.stop_scope(now);
        }
    }

    /// Holds a child of the scope that has no life until the scope is started; forgets a temporary
    /// child, which does not come back.
    fn hold(&mut self, key: Key, failed: Key) {
        let Some(child) = self.children.get(key) else { return };
        if matches!(child.state, State::Zombie) {
            return;
        }
        if key != failed && child.rules.restart == RestartPolicy::Temporary {
            self.forget(key, Down::Stopped);
        } else {
            self.enter(key, State::Held);
        }
    }
}
