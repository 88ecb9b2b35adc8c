//! The trait that makes a child's lives from what the user gave.

use std::any::Any;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::PendingLife;
use crate::slot::AnySlot;
use crate::spec::{ExitReason, Name};

/// Makes lives. None of the user's code runs here: it runs in the life's own task.
pub(crate) trait LifeFactory: Any + Send + Sync {
    /// Spawns a life, if another one can be made.
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason>;

    /// A new place for a worker of a pool.
    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot>;

    /// Whether it is code and nothing else, so that nothing happens when it is dropped.
    fn captures_nothing(&self) -> bool {
        false
    }

    /// Whether its lives are all in their tasks, so that one that is not polled hangs.
    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        true
    }
}
