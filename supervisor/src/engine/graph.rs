//! The uses between the children of a supervisor with `order = by_use`, and the state of a walk
//! along them.
//!
//! Each operation takes constant time for each child and each use that it concerns, amortised.

mod turns;

use std::collections::{HashMap, VecDeque};

use self::turns::Turn;
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

impl Node {
    /// Returns the number of users, forgotten ones that stand between others among them.
    fn users(&self) -> u32 {
        count(self.users.len()) - self.gone
    }

    /// Returns `true` if the child waits for no other in this direction.
    fn waits_for_nothing(&self, way: Way) -> bool {
        match way {
            Way::Start => self.uses.is_empty(),
            Way::Stop => self.users.is_empty(),
        }
    }
}

impl Graph {
    /// Reserves memory for this many children.
    pub(super) fn reserve(&mut self, children: usize) {
        self.nodes.reserve_exact(children);
    }

    /// Adds a child that uses these siblings, and is used by none. A repeated use counts once.
    pub(super) fn add(&mut self, key: Key, uses: &[Key]) {
        let position = key.position();
        let mut node = Node { key: Some(key), ..Node::default() };
        // Most children use no other.
        if !uses.is_empty() {
            let mut uses = uses.to_vec();
            uses.retain(|used| self.add_user(*used, key));
            node.uses = uses.into_boxed_slice();
        }
        // As a rule, children come one after the other.
        if position == self.nodes.len() {
            self.nodes.push(node);
            return;
        }
        if position > self.nodes.len() {
            self.nodes.resize_with(position + 1, Node::default);
        }
        self.nodes[position] = node;
    }

    /// Notes that a child, which comes after all children that have been noted so, uses a sibling. Returns
    /// `false` if there is no such sibling, or if this is noted already.
    fn add_user(&mut self, sibling: Key, child: Key) -> bool {
        let Some(node) = self.node_mut(sibling) else { return false };
        let is_new = node.users.last() != Some(&child);
        if is_new {
            node.users.push(child);
        }
        is_new
    }

    /// Removes a child that is forgotten; `way` is the direction of the walk, if one goes on.
    pub(super) fn remove(&mut self, key: Key, way: Option<Way>) {
        if let Some(way) = way {
            self.leave(key, way);
        }
        let Some(node) = self.nodes.get_mut(key.position()).filter(|node| node.key == Some(key))
        else {
            return;
        };
        let node = std::mem::take(node);
        let mut below = node.uses.iter().copied().filter(|used| self.node(*used).is_some());
        let (first, second) = (below.next(), below.next());
        drop(below);
        match (first, second) {
            (Some(only), None) if node.users() == 1 && way.is_none() => {
                self.replace(key, node, only);
            }
            (Some(_), _) if node.users() > 0 => {
                self.ghosts.insert(key, node);
            }
            _ => self.unlink(node, way),
        }
    }

    /// Replaces a forgotten child, which stood between two others, by a use of one by the other. No
    /// walk goes on.
    fn replace(&mut self, key: Key, node: Node, below: Key) {
        let mut users = node.users.iter().copied();
        let Some(above) = users.find(|user| self.node(*user).is_some()) else {
            return self.unlink(node, None);
        };
        self.change(above, |above| {
            let places = above.uses.iter_mut().filter(|place| **place == key);
            places.for_each(|place| *place = below);
        });
        self.change(below, |below| below.users.push(above));
        self.lose_user(below);
    }

    /// Unlinks a node from its neighbours, with each forgotten child that now stands between no two
    /// others.
    fn unlink(&mut self, node: Node, way: Option<Way>) {
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
                if let Some(way) = way
                    && self.turn(ghost, way).is_some_and(|turn| turn != Turn::Over)
                {
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
        let mut node = self.node(key);
        // Most children use no other.
        if node.is_none_or(|node| node.uses.is_empty()) {
            return false;
        }
        let mut rest: Vec<Key> = Vec::new();
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

    /// Returns `true` if no child uses another.
    pub(super) fn has_no_uses(&self) -> bool {
        self.nodes.iter().all(|node| node.uses.is_empty())
    }

    /// Returns `true` if no sibling uses this child.
    pub(super) fn is_unused(&self, key: Key) -> bool {
        self.node(key).is_none_or(|node| node.users() == 0)
    }

    /// Returns the siblings that use this child, and forgotten ones that did.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn users(&self, key: Key) -> impl Iterator<Item = Key> {
        let users = self.node(key).map(|node| node.users.clone()).unwrap_or_default();
        users.into_iter().filter(|user| self.node(*user).is_some())
    }

    /// Returns the node of a child, or of a forgotten one that stands between others.
    fn node(&self, key: Key) -> Option<&Node> {
        let present = self.nodes.get(key.position()).filter(|node| node.key == Some(key));
        present.or_else(|| if self.ghosts.is_empty() { None } else { self.ghosts.get(&key) })
    }

    fn node_mut(&mut self, key: Key) -> Option<&mut Node> {
        if self.ghosts.contains_key(&key) {
            return self.ghosts.get_mut(&key);
        }
        self.present_mut(key)
    }

    /// Returns the node of a child that is not forgotten.
    fn present_mut(&mut self, key: Key) -> Option<&mut Node> {
        self.nodes.get_mut(key.position()).filter(|node| node.key == Some(key))
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
