//! The messages that the receiver has taken over from the queue, all at once, and receives one by
//! one.

use std::mem;
use std::sync::Arc;

use super::messages::Messages;

use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Messages that only the receiver of one life takes, under a lock that senders do not take as long
/// as there is room.
///
/// A batch belongs to the mailbox, which takes back the remaining messages when the life ends. An
/// old life that still refers to its batch finds it empty, for ever.
pub(super) struct Batch<M>(Mutex<Contents<M>>);

/// The messages of a batch, under its lock.
pub(super) struct Contents<M> {
    pub(super) messages: Messages<M>,
    /// Set if a sender waits for the permit of the next message.
    pub(super) awaited: bool,
}

/// A message from a batch.
pub(super) struct Taken<M> {
    pub(super) message: M,
    /// Set if a sender waits for the permit of this message.
    pub(super) awaited: bool,
}

/// A life's reference to its batch, which bypasses the lock of the mailbox.
pub(crate) struct Shortcut<M>(Option<Arc<Batch<M>>>);

impl<M> Default for Batch<M> {
    fn default() -> Self {
        Self(Mutex::new(Contents { messages: Messages::default(), awaited: false }))
    }
}

impl<M> Batch<M> {
    pub(super) fn take(&self) -> Option<Taken<M>> {
        let mut contents = self.lock();
        let message = contents.messages.pop_front()?;
        Some(Taken { message, awaited: mem::take(&mut contents.awaited) })
    }

    /// Locks the batch, after the mailbox's lock or alone. Under this lock messages are only moved,
    /// so no code of the user's runs.
    pub(super) fn lock(&self) -> MutexGuard<'_, Contents<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Default for Shortcut<M> {
    fn default() -> Self {
        Self(None)
    }
}

impl<M> Shortcut<M> {
    pub(super) fn take(&self) -> Option<Taken<M>> {
        self.0.as_ref()?.take()
    }

    /// Makes the shortcut refer to this batch.
    pub(super) fn lead_to(&mut self, batch: &Arc<Batch<M>>) {
        if !self.0.as_ref().is_some_and(|known| Arc::ptr_eq(known, batch)) {
            self.0 = Some(Arc::clone(batch));
        }
    }
}
