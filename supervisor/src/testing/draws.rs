//! From what a tree's backoffs are drawn, when a test wants them to be the same each time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::child_spec::Body;
use crate::error::SupervisorError;
use crate::node::Node;
use crate::supervisor::Supervisor;

/// A root's: the seed of its tree, or zero where delays are drawn at random.
#[derive(Debug, Default)]
pub(crate) struct Draws(AtomicU64);

impl Draws {
    /// The seed of the supervisor's present life, if the tree has one.
    pub(crate) fn seed_of(node: &Arc<Node>) -> Option<u64> {
        let seed = node.root().draws().0.load(Ordering::Relaxed);
        let life = node.slot().map_or(0, |slot| slot.core().generation());
        (seed != 0).then(|| hash((seed, node.path(), life)))
    }

    /// Makes all supervisors of this tree draw from this seed, now and in later lives.
    pub(super) async fn fix(root: &Supervisor, seed: u64) -> Result<(), SupervisorError> {
        root.node().draws().0.store(hash(seed) | 1, Ordering::Relaxed);
        let mut next = vec![Arc::clone(root.node())];
        while let Some(node) = next.pop() {
            let Some(seed) = Self::seed_of(&node) else { continue };
            let supervisor = Supervisor::observing(Arc::clone(&node));
            let nested = supervisor.query(move |reign| {
                reign.engine.reseed(seed);
                let bodies = reign.engine.children().map(|(_, child)| &child.data.body);
                let nested = bodies.filter_map(|body| match body {
                    Body::Supervisor { node, .. } => Some(Arc::clone(node)),
                    Body::Task { .. } => None,
                });
                nested.collect::<Vec<_>>()
            });
            match nested.await {
                Ok(nested) => next.extend(nested),
                Err(error) if Arc::ptr_eq(&node, root.node()) => return Err(error),
                // It draws from the seed when it is started again.
                Err(_) => {}
            }
        }
        Ok(())
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
