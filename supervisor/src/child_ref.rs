//! The address of a child.
use std::sync::Arc;
use std::fmt;
use crate::path::ChildPath;
use crate::slot::Slot;

/// The address of a child.
pub struct ChildRef<M> {
    slot: Arc<Slot<M>>,
}

impl<M> ChildRef<M> {
    pub(crate) fn new(slot: Arc<Slot<M>>) -> Self {
        Self { slot }
    }
    /// Path.
    pub fn path(&self) -> ChildPath {
        unimplemented!()
    }
    /// Send.
    pub async fn send(&self, _message: M) -> Result<(), crate::error::SupervisorError> {
        unimplemented!()
    }
}

impl<M> Clone for ChildRef<M> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot) }
    }
}

impl<M> fmt::Debug for ChildRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildRef").finish_non_exhaustive()
    }
}
