//! Group restarts: the scope is stopped from the last child back, then started again from the
//! first child on.

use std::time::Instant;

use super::child::{Down, State, StopPurpose};
use super::{Engine, GroupRestart, Key, Mode, Named};
use crate::spec::{RestartPolicy, SupervisionStrategy};

impl<C: Named, R> Engine<C, R> {
    /// Starts all children in the scope of a child that have no life.
    pub(super) fn start_scope_of(&mut self, now: Instant, key: Key) {
        let next = self.scope_start(key);
        self.mode = Mode::RestartingGroup(GroupRestart::Starting { next, skip: None });
        self.go_on(now);
    }

    /// Returns the first child of a group restart that `key` has caused.
    pub(super) fn scope_start(&self, key: Key) -> Option<Key> {
        match self.rules.strategy {
            SupervisionStrategy::OneForAll => self.children.first(),
            // Under `OneForOne` and `SimpleOneForOne`, a child is alone in its scope.
            SupervisionStrategy::RestForOne
            | SupervisionStrategy::OneForOne
            | SupervisionStrategy::SimpleOneForOne => Some(key),
        }
    }

    /// Stops the scope of a failed child, from the last child back.
    pub(super) fn stop_scope(&mut self, now: Instant) {
        while let Mode::RestartingGroup(GroupRestart::Stopping { failed, first, next, delay }) =
            self.mode
        {
            let Some(key) = next else { break };
            let before = if key == first { None } else { self.children.before(key) };
            match self.children.get(key).map(|child| &child.state) {
                // A child that is already stopping, as a hung one is, keeps its deadline.
                Some(State::Stopping(_) | State::Killing(_)) => return,
                Some(state) if state.has_life() => {
                    return self.halt(now, key, StopPurpose::Sequence);
                }
                _ => {}
            }
            self.mode = Mode::RestartingGroup(GroupRestart::Stopping {
                failed,
                first,
                next: before,
                delay,
            });
            self.hold(key, failed);
        }
        let Mode::RestartingGroup(GroupRestart::Stopping { failed, delay, .. }) = self.mode else {
            return;
        };
        match delay {
            Some(delay) => {
                self.mode = Mode::Running;
                self.delay(now, failed, delay);
            }
            None => self.start_scope_of(now, failed),
        }
    }

    /// Goes on to stop the scope, if the stop was waiting for this child.
    pub(super) fn resume_scope_stop(&mut self, now: Instant, key: Key) {
        if matches!(self.mode, Mode::RestartingGroup(GroupRestart::Stopping { next, .. }) if next == Some(key))
        {
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
