//! The handles of a pool's workers that are trees, from which the pool lists its workers: a
//! worker's slot leads to its mailbox, but a supervisor's slot does not lead to the handle of its
//! tree.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use crate::spec::Name;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// The handle of a tree, without its type.
pub(crate) type TreeHandle = Arc<dyn Any + Send + Sync>;

/// The handles of a pool's trees by name, each from before its tree is added until the tree is
/// refused or gone for good.
///
/// The pool owns the handles, since a handle refers to its tree: a tree that owned its own handle
/// would be a cycle.
#[derive(Default)]
pub(crate) struct Trees(Mutex<HashMap<Name, TreeHandle>>);

impl Trees {
    pub(crate) fn keep(&self, worker: Name, handle: TreeHandle) {
        self.lock().insert(worker, handle);
    }

    /// Removes and returns a handle; the caller drops it after the lock is released.
    pub(crate) fn remove(&self, worker: &Name) -> Option<TreeHandle> {
        let mut trees = self.lock();
        let handle = trees.remove(worker);
        if trees.is_empty() {
            // An empty pool frees the memory of its peak.
            trees.shrink_to_fit();
        }
        handle
    }

    pub(crate) fn get(&self, worker: &Name) -> Option<TreeHandle> {
        self.lock().get(worker).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, TreeHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
