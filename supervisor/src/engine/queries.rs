//! Queries of the engine: nothing here changes what it decides.

use std::ops::Range;
use std::time::Duration;

use super::child::{Child, ChildRules, Named, StartRule, State};
use super::timers::Target;
use super::{Engine, Key, Mode};
use crate::packed_instant::PackedInstant;
use crate::spec::Name;

impl<C: Named, R> Engine<C, R> {
    /// Returns the instant at which [`Event::Tick`] is due.
    pub(crate) fn next_deadline(&self) -> Option<PackedInstant> {
        self.timers.next_at()
    }

    /// Returns a child, also one whose [`Effect::Forgotten`] has still to be carried out.
    pub(crate) fn child(&self, key: Key) -> Option<&Child<C, R>> {
        let forgotten = || self.forgotten.iter().find(|(gone, _)| *gone == key);
        self.children.get(key).or_else(|| Some(&forgotten()?.1))
    }

    pub(crate) fn find(&mut self, name: &Name) -> Option<Key> {
        self.children.find(name)
    }

    /// Returns the number of children.
    pub(crate) fn count(&self) -> usize {
        self.children.len()
    }

    /// Returns `true` if `max_children` allows another child.
    pub(crate) fn has_room(&self) -> bool {
        self.children.len() < self.most_children()
    }

    /// Returns the largest number of children that the supervisor may have.
    pub(super) fn most_children(&self) -> usize {
        self.rules.max_children.unwrap_or(u32::MAX as usize)
    }

    /// Returns the instant at which the present start of a child began, if it has a time limit.
    pub(crate) fn start_began(&self, key: Key) -> Option<PackedInstant> {
        let child = self.children.get(key)?;
        let (StartRule::Ready(limit) | StartRule::Retry(limit)) = child.rules.start else {
            return None;
        };
        match child.state {
            State::Starting(_) | State::Trying { .. } => {
                self.timers.at(Target::Child(key))?.checked_sub(limit?)
            }
            _ => None,
        }
    }

    /// Returns `true` if the supervisor has not started all its children for the first time.
    pub(crate) fn is_starting(&self) -> bool {
        matches!(self.mode, Mode::Idle | Mode::Starting)
    }

    /// Returns the children in start order.
    pub(crate) fn children(&self) -> impl Iterator<Item = (Key, &Child<C, R>)> {
        self.children.iter()
    }

    /// Returns the time until a drain ends.
    pub(crate) fn drain_left(&self, now: PackedInstant) -> Option<Duration> {
        Some(self.timers.at(Target::Drain)?.saturating_duration_since(now))
    }

    /// Returns the time until what has not ended is stopped at once.
    pub(crate) fn time_left(&self, now: PackedInstant) -> Option<Duration> {
        Some(self.timers.at(Target::End)?.saturating_duration_since(now))
    }

    /// Returns the number of places that children have, or have had.
    pub(crate) fn places(&self) -> usize {
        self.children.entries()
    }

    /// Returns the children in these places. A child keeps its place for as long as it is present.
    pub(crate) fn children_in(
        &self,
        places: Range<usize>,
    ) -> impl Iterator<Item = (Key, &Child<C, R>)> {
        self.children.in_entries(places)
    }

    /// Returns the siblings that a child uses; none in declaration order.
    pub(crate) fn uses(&self, key: Key) -> Vec<Key> {
        let mut uses = Vec::new();
        if let Some(graph) = &self.graph {
            graph.any_use(key, |used| {
                uses.push(used);
                false
            });
        }
        uses
    }

    pub(crate) fn is_stopping(&self) -> bool {
        matches!(self.mode, Mode::Stopping { .. } | Mode::Ended)
    }

    /// Returns `true` if the supervisor was asked to stop, and its children go on for a time.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Returns the number of restarts that are left now for the child with the fewest; `None` means any
    /// number. A child with a limit of its own does not count.
    pub(crate) fn restarts_left(&mut self, now: PackedInstant) -> Option<u32> {
        let shares_limit =
            |key| self.rules_of(key).is_some_and(|rules| rules.max_restarts.is_none());
        let failed_starts = self.failed_starts.most(shares_limit);
        self.intensity.left_after(now, failed_starts)
    }

    /// Returns the number of restarts that are left of a child with a limit of its own.
    #[cfg(feature = "test-util")]
    pub(crate) fn own_restarts_left(&mut self, now: PackedInstant, key: Key) -> Option<u32> {
        let limit = self.children.get(key)?.rules.max_restarts?;
        self.own_limits.of(key, limit, self.rules.restart_window).left(now)
    }

    pub(super) fn rules_of(&self, key: Key) -> Option<&ChildRules> {
        Some(&self.children.get(key)?.rules)
    }

    pub(super) fn is_moving(&self, key: Key) -> bool {
        self.children.get(key).is_some_and(|child| child.state.is_moving())
    }
}
