//! Walks: passes through the children, or through the scope of a restart, in which each child is
//! started or stopped when it is ready.
//!
//! A walk hands out the children that are ready ([`take_ready`](Engine::take_ready)), and is told
//! when the turn of a child is over ([`pass`](Engine::pass)): it is up, or has no life any more.
//! What a child waits for is the only difference between the orders:
//!
//! - in declaration order, for its neighbour, so that one child is ready at a time;
//! - by use, for the siblings that it uses when it starts, and for its users when it stops;
//! - for nothing, when all children are stopped at once.

use super::child::State;
use super::{Child, Effect, Engine, Key, Mode, Named, Notice};
use crate::spec::SupervisionStrategy;

/// The direction of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Forwards, to start the children.
    Start,
    /// Backwards, to stop them.
    Stop,
}

/// The siblings for which a child waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    ForNeighbour,
    ForNothing,
    ByUse,
}

/// The walk that goes on now, or the last one.
#[derive(Debug)]
pub(super) struct Walk {
    way: Way,
    waits: Waits,
    /// The child to which the walk comes next. In declaration order the walk stays at a child
    /// during its turn.
    next: Option<Key>,
    /// The child at which the walk ends; `None` for the last one of all.
    last: Option<Key>,
    /// `true` during the turn of `next`, in declaration order.
    is_taken: bool,
    /// `true` until the driver brings the `Continue` that the walk has asked for.
    rests: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self::new(Way::Start, Waits::ForNothing, None)
    }
}

impl Walk {
    fn new(way: Way, waits: Waits, next: Option<Key>) -> Self {
        Self { way, waits, next, last: None, is_taken: false, rests: false }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Walk {
    /// Returns `true` if the walk has come to the last child.
    pub(super) fn is_through(&self) -> bool {
        self.next.is_none()
    }
}

impl<C: Named, R> Engine<C, R> {
    /// Begins a walk through all children.
    pub(super) fn walk_all(&mut self, way: Way) {
        let next = self.end_of_row(way);
        let waits = match &mut self.graph {
            Some(graph) => {
                graph.begin();
                Waits::ByUse
            }
            None => Waits::ForNeighbour,
        };
        self.walk = Walk::new(way, waits, next);
    }

    /// Begins a walk through the children that are restarted with this one.
    pub(super) fn walk_scope(&mut self, way: Way, failed: Key) {
        self.walk_all(way);
        if self.rules.strategy == SupervisionStrategy::OneForAll {
            return;
        }
        if let Some(graph) = &mut self.graph {
            graph.begin_scope(way, std::iter::once(failed));
            self.walk.next = None;
        } else if way == Way::Start {
            self.walk.next = Some(failed);
        } else {
            self.walk.last = Some(failed);
        }
    }

    /// Begins a walk that stops all children at once.
    pub(super) fn walk_at_once(&mut self) {
        self.walk = Walk::new(Way::Stop, Waits::ForNothing, self.children.first());
    }

    /// Has the walk come to no child any more.
    pub(super) fn cut_walk_short(&mut self) {
        (self.walk.next, self.walk.rests) = (None, false);
        if let Some(graph) = &mut self.graph {
            graph.cut_short();
        }
    }

    /// Takes a child that is ready: its turn begins.
    pub(super) fn take_ready(&mut self) -> Option<Key> {
        match self.walk.waits {
            Waits::ForNeighbour => {
                let is_taken = std::mem::replace(&mut self.walk.is_taken, true);
                self.walk.next.filter(|_| !is_taken)
            }
            Waits::ForNothing => {
                let key = self.walk.next?;
                self.walk.next = self.children.after(key);
                Some(key)
            }
            Waits::ByUse => self.take_by_use(),
        }
    }

    fn take_by_use(&mut self) -> Option<Key> {
        let graph = self.graph.as_mut()?;
        let way = self.walk.way;
        if let Some(key) = graph.take_freed(way) {
            return Some(key);
        }
        while let Some(key) = self.walk.next {
            self.walk.next = match way {
                Way::Start => self.children.after(key),
                Way::Stop => self.children.before(key),
            };
            if graph.take(key, way) {
                return Some(key);
            }
        }
        None
    }

    /// Notifies of each child that was found waiting, and waits on. A child that is forgotten, or
    /// that the walk has nothing to do for, holds its place in the order without a notice.
    pub(super) fn notify_of_waits(&mut self) {
        let (way, Some(graph)) = (self.walk.way, &mut self.graph) else { return };
        while let Some((child, on)) = graph.next_waiting(way) {
            let has_life = self.children.get(child).map(|child| child.state.has_life());
            if has_life != Some(way == Way::Stop) {
                continue;
            }
            let notice = match way {
                Way::Start => Notice::StartWaits { child, on },
                Way::Stop => Notice::StopWaits { child, on },
            };
            self.effects.push_back(Effect::Notify(notice));
        }
    }

    /// Ends the turn of a child, so that the children that wait for it are ready; returns `false`
    /// if it was not the child's turn.
    pub(super) fn pass(&mut self, key: Key) -> bool {
        match (self.walk.waits, &mut self.graph) {
            (Waits::ForNeighbour, _) => {
                let is_turn = self.walk.is_taken && self.walk.next == Some(key);
                if is_turn {
                    self.step_over(key);
                }
                is_turn
            }
            (Waits::ByUse, Some(graph)) => graph.pass(key, self.walk.way),
            _ => false,
        }
    }

    /// Ends the turn of a child that has not started. The walk does not come to those that wait for
    /// the child: its restart starts them.
    pub(super) fn hold_back(&mut self, key: Key) {
        match &mut self.graph {
            Some(graph) => {
                graph.hold_back(key, self.walk.way);
                if self.rules.strategy == SupervisionStrategy::OneForAll {
                    self.cut_walk_short();
                }
            }
            None => self.cut_walk_short(),
        }
    }

    /// Takes a child out of the walk before it is removed.
    pub(super) fn leave_walk(&mut self, key: Key) {
        if self.walk.next == Some(key) {
            self.step_over(key);
        }
        if let Some(graph) = &mut self.graph {
            let goes_on = self.walk.waits == Waits::ByUse
                && !matches!(self.mode, Mode::Idle | Mode::Running | Mode::Ended);
            graph.remove(key, goes_on.then_some(self.walk.way));
        }
    }

    /// Returns the children whose turns are not over, in the order of their declaration.
    pub(super) fn not_passed(&self) -> Vec<Key> {
        let Some(graph) = &self.graph else {
            let next = |key: &Key| self.children.after(*key);
            return std::iter::successors(self.walk.next, next).collect();
        };
        let keys = self.children.iter().map(|(key, _)| key);
        keys.filter(|key| !graph.is_over(*key)).collect()
    }

    /// Goes from a child to its neighbour.
    fn step_over(&mut self, key: Key) {
        self.walk.is_taken = false;
        let forwards = self.walk.way == Way::Start || self.walk.waits == Waits::ForNothing;
        self.walk.next = if self.walk.last == Some(key) {
            None
        } else if forwards {
            self.children.after(key)
        } else {
            self.children.before(key)
        };
    }

    /// Returns `true` if the turns of all children are over.
    pub(super) fn is_walk_over(&self) -> bool {
        self.walk.next.is_none()
            && match (self.walk.waits, &self.graph) {
                (Waits::ForNothing, _) => self.moving == 0,
                (Waits::ByUse, Some(graph)) => graph.is_idle(),
                _ => true,
            }
    }

    /// Has the walk rest after a burst, if more children are ready: with many children, exits,
    /// queries and a shutdown are handled between the bursts. Returns `true` if the walk rests.
    pub(super) fn rest_walk(&mut self) -> bool {
        let has_more = match self.walk.waits {
            Waits::ForNeighbour => !self.walk.is_taken && self.walk.next.is_some(),
            Waits::ForNothing => self.walk.next.is_some(),
            Waits::ByUse => {
                let ready = self.take_by_use();
                if let (Some(key), Some(graph)) = (ready, &mut self.graph) {
                    graph.put_back(key);
                }
                ready.is_some()
            }
        };
        if has_more {
            self.walk.rests = true;
            self.effects.push_back(Effect::ContinueLater);
        }
        has_more
    }

    /// Returns `true` while the walk waits for the `Continue` that it has asked for.
    pub(super) fn walk_rests(&self) -> bool {
        self.walk.rests
    }

    /// Ends the rest of the walk.
    pub(super) fn wake_walk(&mut self) {
        self.walk.rests = false;
    }

    /// Returns `true` if a child must not start with this walk, because it uses a sibling outside of
    /// the walk whose restart is pending: that restart starts the child.
    pub(super) fn is_held_back(&self, key: Key) -> bool {
        let Some(graph) = self.graph.as_ref().filter(|graph| graph.is_scoped()) else {
            return false;
        };
        let pending = |used: Key| {
            !graph.is_member(used) && self.children.get(used).is_some_and(|used| is_pending(used))
        };
        graph.any_use(key, pending)
    }

    /// Returns the held children that no pending restart starts.
    pub(super) fn held_in_vain(&mut self) -> Vec<Key> {
        let waits = |child: &Child<C, R>| matches!(child.state, State::Waiting(_));
        let held = |child: &Child<C, R>| matches!(child.state, State::Held);
        if self.rules.strategy == SupervisionStrategy::OneForAll
            && self.children.iter().any(|(_, child)| waits(child))
        {
            return Vec::new();
        }
        let Some(graph) = &mut self.graph else {
            let before = self.children.iter().take_while(|(_, child)| !waits(child));
            return before.filter(|(_, child)| held(child)).map(|(key, _)| key).collect();
        };
        let waiting = self.children.iter().filter(|(_, child)| waits(child)).map(|(key, _)| key);
        graph.begin_scope(Way::Start, waiting);
        graph.cut_short();
        let held = self.children.iter().filter(|(_, child)| held(child));
        held.map(|(key, _)| key).filter(|key| !graph.is_member(*key)).collect()
    }

    /// Returns `true` if the restart of this child restarts no other.
    pub(super) fn is_alone_in_its_scope(&self, key: Key) -> bool {
        match (self.rules.strategy, &self.graph) {
            (SupervisionStrategy::OneForOne | SupervisionStrategy::SimpleOneForOne, _) => true,
            (SupervisionStrategy::RestForOne, None) => self.children.last() == Some(key),
            (SupervisionStrategy::RestForOne, Some(graph)) => graph.is_unused(key),
            (SupervisionStrategy::OneForAll, _) => false,
        }
    }

    /// Returns `true` if the restart of this child stops and starts a group, if only of one child. (By
    /// use, the child may have to wait for the restart of a sibling that it uses.)
    pub(super) fn restarts_as_group(&self, key: Key) -> bool {
        let is_last = self.graph.is_none() && self.is_alone_in_its_scope(key);
        self.rules.strategy.is_group() && !is_last
    }

    /// Returns the first child that a walk in this direction comes to.
    fn end_of_row(&self, way: Way) -> Option<Key> {
        match way {
            Way::Start => self.children.first(),
            Way::Stop => self.children.last(),
        }
    }
}

/// Returns `true` if a restart that is pending starts this child.
fn is_pending<C, R>(child: &Child<C, R>) -> bool {
    matches!(child.state, State::Waiting(_) | State::Held)
}
