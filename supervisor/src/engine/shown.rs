//! The states of children that users see: each change is shown by exactly one effect.

use std::collections::HashSet;

use super::child::{Child, Named, Pending, State};
use super::hash::BuildNumberHasher;
use super::protocol::{Effect, Shown};
use super::{Engine, Key};
use crate::spec::{ChildState, RestartPolicy};

/// The number of effects up to which looking through them is faster than an index of them.
const FEW_EFFECTS: usize = 16;

impl<C: Named, R> Engine<C, R> {
    /// Shows each child's new state to its users before any other effect of this turn.
    pub(super) fn show_changes(&mut self) {
        let mut shown = None;
        while let Some(key) = self.changed.pop() {
            let Some(child) = self.children.get(key) else { continue };
            let state = self.visible_state(child);
            if state == child.shown {
                continue;
            }
            if let Some(child) = self.children.get_mut(key) {
                child.shown = state;
            }
            if self.is_shown_this_turn(key, &mut shown) {
                self.effects.push_back(Effect::Show(key, state));
            } else {
                self.effects.push_front(Effect::Show(key, state));
            }
        }
    }

    /// Returns `true` if an effect of this turn shows an earlier state of this child, as it does if
    /// a deadline passes in the turn in which it was set. `all` caches these children.
    pub(super) fn is_shown_this_turn(
        &self,
        key: Key,
        all: &mut Option<HashSet<Key, BuildNumberHasher>>,
    ) -> bool {
        let mut effects = self.effects.iter();
        if self.effects.len() <= FEW_EFFECTS {
            return effects.any(|effect| effect.shows() == Some(key));
        }
        all.get_or_insert_with(|| effects.filter_map(Effect::shows).collect()).contains(&key)
    }

    /// Returns the state of a child that its users have to see.
    pub(super) fn visible_state(&self, child: &Child<C, R>) -> Shown {
        match &child.state {
            // It is not restarted, whatever its exit leads to.
            State::ExitPending(_) if child.rules.restart == RestartPolicy::Temporary => {
                Shown::Is(ChildState::Finished)
            }
            // The next attempt comes after everything that the supervisor does now.
            State::Waiting(Pending::Again(_))
                if child.rules.backoff.is_none() && self.rules.strategy.is_group() =>
            {
                Shown::Held
            }
            // The supervisor above decides whether the child comes back.
            State::Down(_) if self.is_stopping() && self.returns(child) => Shown::Held,
            state => Shown::from(state),
        }
    }

    /// Returns `true` if the next life of the supervisor brings this child back.
    pub(super) fn returns(&self, child: &Child<C, R>) -> bool {
        self.may_return && child.declared
    }
}
