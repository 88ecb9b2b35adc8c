//! The permission to acquire a lease: a replica that has its share of the shards takes no more.

use tokio::sync::Notify;

use crate::sync::atomic::{AtomicBool, Ordering};

/// The permission of one keeper to acquire its lease and to hold it. It is not given until
/// [`set`](Self::set).
pub(super) struct Permit {
    is_given: AtomicBool,
    changed: Notify,
}

impl Permit {
    pub(super) fn new() -> Self {
        Self { is_given: AtomicBool::new(false), changed: Notify::new() }
    }

    pub(super) fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Acquire)
    }

    /// Gives or withdraws the permission.
    pub(super) fn set(&self, is_given: bool) {
        if self.is_given.swap(is_given, Ordering::AcqRel) != is_given {
            // Without a keeper that waits, the next one that does is woken.
            self.changed.notify_one();
        }
    }

    /// Waits until the permission has changed since the last wait.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the change is seen by the next wait.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}
