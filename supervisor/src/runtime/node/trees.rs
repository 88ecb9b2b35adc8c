//! The handles of a pool's workers that are trees, for those who list them: a place in a tree knows
//! a worker's address, and of a supervisor no more than that it is one.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::spec::Name;

/// A tree's handle, whatever its type.
pub(crate) type TreeHandle = Arc<dyn Any + Send + Sync>;

/// Each is kept from before its tree is added until that is refused, or gone for good.
///
/// A handle leads to its tree, and a tree to the pool that it is in: so the pool can have them, and
/// the tree could not have its own.
#[derive(Default)]
pub(crate) struct Trees(Mutex<HashMap<Name, TreeHandle>>);

impl Trees {
    pub(crate) fn keep(&self, worker: Name, handle: TreeHandle) {
        self.lock().insert(worker, handle);
    }

    /// The handle, to be dropped without the lock.
    pub(crate) fn remove(&self, worker: &Name) -> Option<TreeHandle> {
        let mut trees = self.lock();
        let handle = trees.remove(worker);
        if trees.is_empty() {
            // A pool that has emptied gives back what its peak took.
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
