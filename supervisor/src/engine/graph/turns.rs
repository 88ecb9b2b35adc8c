//! A walk along the uses: which child's turn it is, and which wait for it.

use super::{Graph, count};
use crate::engine::children::Key;
use crate::engine::walk::Way;

/// The progress of a child in a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Turn {
    /// The walk has not come to the child.
    #[default]
    Ahead,
    /// The walk has come to the child, which waits for others.
    Waits,
    /// It is the child's turn.
    Taken,
    /// The child's turn is over.
    Over,
}

impl Graph {
    /// Ends the turn of a child that is forgotten during a walk, unless it waits: then others wait
    /// for it on.
    pub(super) fn leave(&mut self, key: Key, way: Way) {
        let Some(turn) = self.turn(key, way) else { return };
        let is_ready = self.node(key).is_some_and(|node| node.waits == 0);
        match turn {
            Turn::Taken => self.end_turn(key, way, true),
            Turn::Ahead | Turn::Waits if is_ready => self.end_turn(key, way, true),
            Turn::Ahead => self.change(key, |node| node.turn = Turn::Waits),
            Turn::Waits | Turn::Over => {}
        }
    }

    /// Begins a walk through all children.
    pub(in crate::engine) fn begin(&mut self) {
        self.begin_walk(false);
    }

    /// Begins a walk through these children and those that use them, directly or not.
    pub(in crate::engine) fn begin_scope(&mut self, way: Way, roots: impl Iterator<Item = Key>) {
        self.begin_walk(true);
        let mut members: Vec<Key> = Vec::new();
        for root in roots {
            self.mark(root, &mut members);
        }
        let mut next = 0;
        while let Some(&member) = members.get(next) {
            next += 1;
            let Some(node) = self.node_mut(member) else { continue };
            let users = std::mem::take(&mut node.users);
            for &user in &users {
                self.mark(user, &mut members);
                self.change(user, |user| user.waits += 1);
            }
            self.change(member, |node| node.users = users);
        }
        if way == Way::Stop {
            members.reverse();
        }
        for member in members {
            let Some(node) = self.node_mut(member) else { continue };
            if way == Way::Stop {
                // All users of a member are members.
                node.waits = node.users();
            }
            node.turn = Turn::Waits;
            if node.waits == 0 {
                self.freed.push_back(member);
            } else {
                self.waiting.push(member);
            }
        }
    }

    fn begin_walk(&mut self, is_scoped: bool) {
        // (After four billion walks, a mark could be as old as that and be taken for a new one.)
        self.walk = self.walk.wrapping_add(1).max(1);
        self.is_scoped = is_scoped;
        self.is_cut_short = false;
        self.freed.clear();
        self.waiting.clear();
        self.in_flight = 0;
    }

    /// Makes a child a member of the walk, unless it is one.
    fn mark(&mut self, key: Key, members: &mut Vec<Key>) {
        let walk = self.walk;
        if let Some(node) = self.node_mut(key)
            && node.walk != walk
        {
            (node.walk, node.waits, node.turn) = (walk, 0, Turn::Ahead);
            members.push(key);
        }
    }

    /// Returns `true` if the walk is a restart, in which not all children take part.
    pub(in crate::engine) fn is_scoped(&self) -> bool {
        self.is_scoped
    }

    /// Returns `true` if the child takes part in the walk.
    pub(in crate::engine) fn is_member(&self, key: Key) -> bool {
        self.node(key).is_some_and(|node| !self.is_scoped || node.walk == self.walk)
    }

    /// Returns `true` if the child has had its turn in this walk.
    pub(in crate::engine) fn is_over(&self, key: Key) -> bool {
        self.node(key).is_some_and(|node| node.walk == self.walk && node.turn == Turn::Over)
    }

    /// Takes a child to which the walk has come; returns `false` if the child waits for others, or
    /// has had its turn.
    pub(in crate::engine) fn take(&mut self, key: Key, way: Way) -> bool {
        let (walk, is_scoped) = (self.walk, self.is_scoped);
        if let Some(node) = self.present_mut(key)
            && node.waits_for_nothing(way)
            && node.walk != walk
            && !is_scoped
        {
            // As a rule, the walk comes to a child for the first time, and nothing holds the child.
            (node.walk, node.waits, node.turn) = (walk, 0, Turn::Taken);
            self.in_flight += 1;
            return true;
        }
        let Some(turn) = self.turn(key, way) else { return false };
        let Some(node) = self.node_mut(key) else { return false };
        let is_ready = node.waits == 0 && matches!(turn, Turn::Ahead | Turn::Waits);
        if is_ready {
            node.turn = Turn::Taken;
            self.in_flight += 1;
        } else if turn == Turn::Ahead {
            node.turn = Turn::Waits;
            self.waiting.push(key);
        }
        is_ready
    }

    /// Takes the next child for which the walk has waited, and which is ready.
    pub(in crate::engine) fn take_freed(&mut self, way: Way) -> Option<Key> {
        while let Some(key) = self.freed.pop_front() {
            if self.ghosts.contains_key(&key) {
                self.end_turn(key, way, true);
            } else if self.take(key, way) {
                return Some(key);
            }
        }
        None
    }

    /// Puts back a child that was taken: it is the next to be taken.
    pub(in crate::engine) fn put_back(&mut self, key: Key) {
        self.in_flight -= 1;
        self.change(key, |node| node.turn = Turn::Waits);
        self.freed.push_front(key);
    }

    /// Ends the turn of a child, for which others wait no longer; returns `false` if it was not the
    /// child's turn.
    pub(in crate::engine) fn pass(&mut self, key: Key, way: Way) -> bool {
        let is_taken = self.is_taken(key);
        if is_taken {
            self.end_turn(key, way, true);
        }
        is_taken
    }

    /// Ends the turn of a child, for which others wait on: the walk does not come to them.
    pub(in crate::engine) fn hold_back(&mut self, key: Key, way: Way) {
        if self.is_taken(key) {
            self.end_turn(key, way, false);
        }
    }

    /// Returns `true` if it is the child's turn.
    fn is_taken(&self, key: Key) -> bool {
        self.node(key).is_some_and(|node| node.walk == self.walk && node.turn == Turn::Taken)
    }

    /// Has the walk come to no child any more.
    pub(in crate::engine) fn cut_short(&mut self) {
        self.is_cut_short = true;
        self.freed.clear();
        self.waiting.clear();
    }

    pub(super) fn end_turn(&mut self, key: Key, way: Way, frees: bool) {
        let Some(node) = self.node_mut(key) else { return };
        let was_taken = node.turn == Turn::Taken;
        node.turn = Turn::Over;
        self.in_flight -= usize::from(was_taken);
        if !frees || self.is_cut_short {
            return;
        }
        let mut index = 0;
        // By index, since each step changes other nodes.
        while let Some(other) = self.dependent(key, way, index) {
            index += 1;
            if self.turn(other, way).is_none() {
                continue;
            }
            let Some(node) = self.node_mut(other) else { continue };
            node.waits -= 1;
            if node.waits == 0 && node.turn == Turn::Waits {
                self.freed.push_back(other);
            }
        }
    }

    /// Returns the sibling at this index of those that wait for the child.
    fn dependent(&self, key: Key, way: Way, index: usize) -> Option<Key> {
        let node = self.node(key)?;
        match way {
            Way::Start => node.users.get(index).copied(),
            Way::Stop => node.uses.get(index).copied(),
        }
    }

    /// Returns the child's progress in the walk; `None` for one that takes no part in it.
    pub(super) fn turn(&mut self, key: Key, way: Way) -> Option<Turn> {
        let node = self.node(key)?;
        if node.walk == self.walk {
            return Some(node.turn);
        }
        if self.is_scoped {
            return None;
        }
        let waits = match way {
            Way::Start => {
                count(node.uses.iter().filter(|used| self.node(**used).is_some()).count())
            }
            Way::Stop => node.users(),
        };
        let turn = if self.ghosts.contains_key(&key) { Turn::Waits } else { Turn::Ahead };
        let walk = self.walk;
        self.change(key, |node| (node.walk, node.waits, node.turn) = (walk, waits, turn));
        Some(turn)
    }

    /// Returns a child that the walk has found waiting, if it still waits, and the siblings for
    /// which it waits; each child once.
    pub(in crate::engine) fn next_waiting(&mut self, way: Way) -> Option<(Key, Box<[Key]>)> {
        loop {
            let key = self.waiting.pop()?;
            let on = self.waits_for(key, way);
            if self.turn(key, way) == Some(Turn::Waits) && !on.is_empty() {
                return Some((key, on));
            }
        }
    }

    fn waits_for(&self, key: Key, way: Way) -> Box<[Key]> {
        let Some(node) = self.node(key) else { return Box::default() };
        let others: &[Key] = match way {
            Way::Start => &node.uses,
            Way::Stop => &node.users,
        };
        let is_waited_for = |other: &Key| {
            !self.ghosts.contains_key(other)
                && self.is_member(*other)
                && self
                    .node(*other)
                    .is_some_and(|node| node.walk != self.walk || node.turn != Turn::Over)
        };
        others.iter().copied().filter(is_waited_for).collect()
    }

    /// Returns `true` if no child is ready for which the walk has waited, and it is no child's turn.
    pub(in crate::engine) fn is_idle(&self) -> bool {
        self.freed.is_empty() && self.in_flight == 0
    }
}
