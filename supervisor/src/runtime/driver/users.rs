//! Translates the uses between declared children into those between the children of an engine.

use std::collections::HashMap;
use std::sync::Arc;

use super::ChildTask;
use crate::engine::{Engine, Key};
use crate::inbox::Reply;
use crate::runtime::node::{Node, Uses};

/// The children that have been declared so far, if any child uses another.
pub(super) struct Users {
    uses: Option<Arc<Uses>>,
    /// The keys of the children so far.
    keys: Vec<Key>,
    /// The uses of the next child.
    used: Vec<Key>,
    /// The place in `uses` of the next child's.
    next: usize,
}

impl Users {
    pub(super) fn of(node: &Node) -> Self {
        Self { uses: node.uses(), keys: Vec::new(), used: Vec::new(), next: 0 }
    }

    /// Returns the siblings that the next child uses.
    pub(super) fn next(&mut self) -> &[Key] {
        if let Some(uses) = &self.uses {
            self.used.clear();
            self.used.extend(uses.of(self.keys.len(), &mut self.next).map(|at| self.keys[at]));
        }
        &self.used
    }

    /// Adds the next child.
    pub(super) fn push(&mut self, key: Key) {
        if self.uses.is_some() {
            self.keys.push(key);
        }
    }
}

/// Returns the uses between the present children, by their positions.
pub(super) fn present_uses(engine: &Engine<ChildTask, Reply>) -> Uses {
    let mut uses = Uses::default();
    let mut positions = HashMap::new();
    for (position, (key, _)) in engine.children().enumerate() {
        for used in engine.uses(key) {
            // A sibling that a child uses comes before it.
            if let Some(used) = positions.get(&used) {
                uses.push(position, *used);
            }
        }
        positions.insert(key, position);
    }
    uses
}
