//! The transitions of a child from one state to another. Each updates the child's deadline and the
//! counts of the engine, and may add the effects that end a life or forget the child.

use super::child::{Child, Down, Named, State, StopPurpose};
use super::protocol::{Effect, Shown};
use super::timers::Target;
use super::{Engine, Key};

impl<C: Named, R> Engine<C, R> {
    /// Moves a child to another state and returns the old state, whose deadline and retry become
    /// void.
    pub(super) fn enter(&mut self, key: Key, state: State<R>) -> Option<State<R>> {
        self.change(key, state, false)
    }

    /// Moves a child to a state that an effect of this turn shows, so that it needs no
    /// [`Effect::Show`].
    pub(super) fn enter_shown(&mut self, key: Key, state: State<R>) -> Option<State<R>> {
        self.change(key, state, true)
    }

    fn change(&mut self, key: Key, state: State<R>, is_shown: bool) -> Option<State<R>> {
        self.timers.cancel(Target::Child(key));
        let child = self.children.get_mut(key)?;
        if matches!(child.state, State::Waiting(_) | State::Resting) {
            child.retry = child.retry.wrapping_add(1);
        }
        let shown = Shown::from(&state);
        if is_shown {
            child.shown = shown;
            // The state before this one, in the same turn, is not shown.
            self.changed.pop_if(|last| *last == key);
        } else if shown != child.shown {
            self.changed.push(key);
        }
        let old = std::mem::replace(&mut child.state, state);
        if child.rules.significant {
            match (old.has_ended(), child.state.has_ended()) {
                (true, false) => self.significant += 1,
                (false, true) => self.significant -= 1,
                _ => {}
            }
        }
        match (old.is_moving(), child.state.is_moving()) {
            (false, true) => {
                self.moving += 1;
                if !self.deferred.is_empty() {
                    self.refuse_deferred_of_caller(key);
                }
            }
            (true, false) => {
                self.moving -= 1;
                if self.deferred_for.contains_key(&key) {
                    self.settled.push(key);
                }
            }
            _ => {}
        }
        Some(old)
    }

    /// Forgets a child, which the driver takes over with [`Self::take_forgotten`].
    pub(super) fn forget(&mut self, key: Key, down: Down) {
        drop(self.forget_from(key, down));
    }

    /// Forgets a child as [`forget`](Self::forget) does, and returns the state that it was in.
    pub(super) fn forget_from(&mut self, key: Key, down: Down) -> Option<State<R>> {
        // The driver shows it when it takes the child over.
        let old = self.enter_shown(key, State::Down(down))?;
        if let Some(child) = self.remove(key) {
            self.forgotten.push_back((key, child));
            self.effects.push_back(Effect::Forgotten(key));
        }
        Some(old)
    }

    /// Removes a child that is down, for which no sibling waits any longer.
    pub(super) fn remove(&mut self, key: Key) -> Option<Child<C, R>> {
        self.leave_walk(key);
        self.own_limits.forget(key);
        self.failed_starts.forget(key);
        self.children.remove(key)
    }

    /// Closes a child that stays down: no life of it is pending.
    pub(super) fn close_child(&mut self, key: Key, down: Down) {
        let down = if self.is_shut(key) { Down::Standby } else { down };
        self.enter(key, State::Down(down));
        self.effects.push_back(Effect::Close(key));
    }

    /// Aborts the child's life.
    pub(super) fn abort(&mut self, key: Key, purpose: StopPurpose<R>) {
        self.enter_shown(key, State::Killing(purpose));
        self.effects.push_back(Effect::Abort(key));
    }

    /// Aborts a life that has been asked to end; returns `false` if it has not been asked.
    pub(super) fn abort_asked(&mut self, key: Key) -> bool {
        if !self.children.get_mut(key).is_some_and(|child| child.state.kill()) {
            return false;
        }
        self.timers.cancel(Target::Child(key));
        self.effects.push_back(Effect::Abort(key));
        true
    }
}
