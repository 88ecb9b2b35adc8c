//! The trait that makes a child's lives from the user's worker or function.

use std::any::Any;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::PendingLife;
use crate::slot::AnySlot;
use crate::spec::{ExitReason, Name};

/// Factory of a child's lives. None of the user's code runs here: it runs in the life's own task.
pub(crate) trait LifeFactory: Any + Send + Sync {
    /// Spawns a life, or returns the reason for which no other life can be made.
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason>;

    /// Creates the slot of a worker of a pool.
    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot>;

    /// Returns `true` if the factory captures no values, so that its drop runs no code.
    fn captures_nothing(&self) -> bool {
        false
    }

    /// Returns `true` if the factory's lives run entirely in their tasks, so that a life that is
    /// not polled hangs.
    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        true
    }
}
