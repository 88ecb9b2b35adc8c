//! The uses between the children of a supervisor with `order = by_use`, and the state of a walk
//! along them.
//!
//! Each operation takes constant time for each child and each use that it concerns, amortised.

use std::collections::{HashMap, VecDeque};

use super::children::Key;
use super::hash::BuildNumberHasher;
use super::walk::Way;

/// The children with their uses, and the walk that goes on now.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The children, each at the position of its key.
    nodes: Vec<Node>,
    /// Children that were forgotten, and stand between others: a user of one of these still starts
    /// after what the forgotten child has used.
    ghosts: HashMap<Key, Node, BuildNumberHasher>,
    /// The children for which the walk has waited, and which are ready.
    freed: VecDeque<Key>,
    /// Children that the walk has found waiting since this was last looked up.
    waiting: Vec<Key>,
    /// The number of children whose turn it is.
    in_flight: usize,
    /// The number of the walk, which tells the marks of this walk from older ones.
    walk: u32,
    /// `true` if only the children that are marked take part in the walk.
    is_scoped: bool,
    /// `true` if the walk comes to no child any more.
    is_cut_short: bool,
}

/// A child, or a free position.
#[derive(Debug, Default)]
struct Node {
    key: Option<Key>,
    /// The siblings that use this child, and those that did and are gone.
    users: Vec<Key>,
    /// The siblings that this child uses, and those that it did and are gone.
    uses: Box<[Key]>,
    /// The number of users that are gone.
    gone: u32,
    /// The walk to which `waits` and `turn` belong.
    walk: u32,
    /// The number of siblings for which the child waits.
    waits: u32,
    turn: Turn,
}

/// The progress of a child in a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
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

impl Node {
    /// Returns the number of users, forgotten ones that stand between others among them.
    fn users(&self) -> u32 {
        count(self.users.len()) - self.gone
    }
}

impl Graph {
    /// Adds a child that uses these siblings, and is used by none. A repeated use counts once.
    pub(super) fn add(&mut self, key: Key, uses: &[Key]) {
        let position = key.position();
        if self.nodes.len() <= position {
            self.nodes.resize_with(position + 1, Node::default);
        }
        let mut uses = uses.to_vec();
        uses.retain(|used| self.node(*used).is_some());
        uses.sort_unstable();
        uses.dedup();
        for used in &uses {
            self.change(*used, |used| used.users.push(key));
        }
        let uses = uses.into_boxed_slice();
        self.nodes[position] = Node { key: Some(key), uses, ..Node::default() };
    }

    /// Removes a child that is forgotten.
    pub(super) fn remove(&mut self, key: Key, way: Way) {
        let Some(turn) = self.turn_of_any(key, way) else { return };
        let is_ready = self.node(key).is_some_and(|node| node.waits == 0);
        match turn {
            Some(Turn::Taken) => self.end_turn(key, way, true),
            Some(Turn::Ahead | Turn::Waits) if is_ready => self.end_turn(key, way, true),
            Some(Turn::Ahead) => self.change(key, |node| node.turn = Turn::Waits),
            _ => {}
        }
        let node = std::mem::take(&mut self.nodes[key.position()]);
        if node.users() > 0 && node.uses.iter().any(|used| self.node(*used).is_some()) {
            self.ghosts.insert(key, node);
        } else {
            self.unlink(node, way);
        }
    }

    /// Unlinks a node from its neighbours, with each forgotten child that now stands between no two
    /// others.
    fn unlink(&mut self, node: Node, way: Way) {
        let mut ghosts = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next {
            for used in &node.uses {
                self.lose_user(*used);
                if self.ghosts.get(used).is_some_and(|ghost| ghost.users() == 0) {
                    ghosts.push(*used);
                }
            }
            for user in &node.users {
                let lost = |ghost: &Node| ghost.uses.iter().all(|used| self.node(*used).is_none());
                if self.ghosts.get(user).is_some_and(lost) {
                    ghosts.push(*user);
                }
            }
            next = loop {
                let Some(ghost) = ghosts.pop() else { break None };
                if self.turn(ghost, way).is_some_and(|turn| turn != Turn::Over) {
                    self.end_turn(ghost, way, true);
                }
                if let Some(node) = self.ghosts.remove(&ghost) {
                    break Some(node);
                }
            };
        }
    }

    /// Notes that a user of a child is gone. The list of users is cleaned when half of it is gone.
    fn lose_user(&mut self, key: Key) {
        let Some(node) = self.node_mut(key) else { return };
        node.gone += 1;
        if node.gone as usize * 2 > node.users.len() {
            node.gone = 0;
            let mut users = std::mem::take(&mut node.users);
            users.retain(|user| self.node(*user).is_some());
            self.change(key, |node| node.users = users);
        }
    }

    /// Returns `true` if this is so of a sibling that the child uses, directly or through children
    /// that are forgotten.
    pub(super) fn any_use(&self, key: Key, mut is_so: impl FnMut(Key) -> bool) -> bool {
        let mut rest: Vec<Key> = Vec::new();
        let mut node = self.node(key);
        loop {
            for used in node.map(|node| &*node.uses).unwrap_or_default() {
                if self.ghosts.contains_key(used) {
                    rest.push(*used);
                } else if self.node(*used).is_some() && is_so(*used) {
                    return true;
                }
            }
            let Some(ghost) = rest.pop() else { return false };
            node = self.node(ghost);
        }
    }

    /// Returns `true` if no sibling uses this child.
    pub(super) fn is_unused(&self, key: Key) -> bool {
        self.node(key).is_none_or(|node| node.users() == 0)
    }

    /// Returns the siblings that use this child, and forgotten ones that did.
    #[cfg(test)]
    pub(super) fn users(&self, key: Key) -> impl Iterator<Item = Key> {
        let users = self.node(key).map(|node| node.users.clone()).unwrap_or_default();
        users.into_iter().filter(|user| self.node(*user).is_some())
    }

    /// Begins a walk through all children.
    pub(super) fn begin(&mut self) {
        self.begin_walk(false);
    }

    /// Begins a walk through these children and those that use them, directly or not.
    pub(super) fn begin_scope(&mut self, way: Way, roots: impl Iterator<Item = Key>) {
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

    /// Returns `true` if the child takes part in the walk.
    pub(super) fn is_member(&self, key: Key) -> bool {
        self.node(key).is_some_and(|node| !self.is_scoped || node.walk == self.walk)
    }

    /// Takes a child to which the walk has come; returns `false` if the child waits for others, or
    /// has had its turn.
    pub(super) fn take(&mut self, key: Key, way: Way) -> bool {
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
    pub(super) fn take_freed(&mut self, way: Way) -> Option<Key> {
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
    pub(super) fn put_back(&mut self, key: Key) {
        self.in_flight -= 1;
        self.change(key, |node| node.turn = Turn::Waits);
        self.freed.push_front(key);
    }

    /// Ends the turn of a child, for which others wait no longer; returns `false` if it was not the
    /// child's turn.
    pub(super) fn pass(&mut self, key: Key, way: Way) -> bool {
        let is_taken = self.turn(key, way) == Some(Turn::Taken);
        if is_taken {
            self.end_turn(key, way, true);
        }
        is_taken
    }

    /// Ends the turn of a child, for which others wait on: the walk does not come to them.
    pub(super) fn hold_back(&mut self, key: Key, way: Way) {
        if self.turn(key, way) == Some(Turn::Taken) {
            self.end_turn(key, way, false);
        }
    }

    /// Has the walk come to no child any more.
    pub(super) fn cut_short(&mut self) {
        self.is_cut_short = true;
        self.freed.clear();
        self.waiting.clear();
    }

    fn end_turn(&mut self, key: Key, way: Way, frees: bool) {
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
    fn turn(&mut self, key: Key, way: Way) -> Option<Turn> {
        self.turn_of_any(key, way).flatten()
    }

    /// Returns the child's progress in the walk, if it takes part in it; `None` for no child.
    fn turn_of_any(&mut self, key: Key, way: Way) -> Option<Option<Turn>> {
        let node = self.node(key)?;
        if node.walk == self.walk {
            return Some(Some(node.turn));
        }
        if self.is_scoped {
            return Some(None);
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
        Some(Some(turn))
    }

    /// Returns a child that the walk has found waiting, if it still waits, and the siblings for
    /// which it waits; each child once.
    pub(super) fn next_waiting(&mut self, way: Way) -> Option<(Key, Box<[Key]>)> {
        loop {
            let key = self.waiting.pop()?;
            let on = self.waits_for(key, way);
            if self.turn(key, way) == Some(Turn::Waits) && !on.is_empty() {
                return Some((key, on));
            }
        }
    }

    fn waits_for(&self, key: Key, way: Way) -> Box<[Key]> {
        let Some(node) = self.nodes.get(key.position()) else { return Box::default() };
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
    pub(super) fn is_idle(&self) -> bool {
        self.freed.is_empty() && self.in_flight == 0
    }

    /// Returns the node of a child, or of a forgotten one that stands between others.
    fn node(&self, key: Key) -> Option<&Node> {
        let present = self.nodes.get(key.position()).filter(|node| node.key == Some(key));
        present.or_else(|| if self.ghosts.is_empty() { None } else { self.ghosts.get(&key) })
    }

    fn node_mut(&mut self, key: Key) -> Option<&mut Node> {
        let present = self.nodes.get_mut(key.position()).filter(|node| node.key == Some(key));
        if present.is_none() && !self.ghosts.is_empty() {
            return self.ghosts.get_mut(&key);
        }
        present
    }

    fn change(&mut self, key: Key, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.node_mut(key) {
            change(node);
        }
    }
}

/// Returns a number of children, of which the engine has no more than `u32::MAX`.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
