//! What the receiver has taken over from the queue, all at once, and receives one by one.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Messages of one life that only its receiver takes, under a lock that senders leave alone as
/// long as there is room.
///
/// It belongs to the mailbox, which takes back what is left when the life ends. An old life that
/// still holds on to its batch finds it empty, for ever.
pub(super) struct Batch<M>(Mutex<Contents<M>>);

pub(super) struct Contents<M> {
    pub(super) messages: VecDeque<M>,
    /// A sender waits for the place of the next message.
    pub(super) awaited: bool,
}

/// A message out of a batch.
pub(super) struct Taken<M> {
    pub(super) message: M,
    /// A sender waits for its place.
    pub(super) awaited: bool,
}

/// A life's way to its batch, past the lock of the mailbox.
pub(crate) struct Shortcut<M>(Option<Arc<Batch<M>>>);

impl<M> Default for Batch<M> {
    fn default() -> Self {
        Self(Mutex::new(Contents { messages: VecDeque::new(), awaited: false }))
    }
}

impl<M> Batch<M> {
    pub(super) fn take(&self) -> Option<Taken<M>> {
        let mut held = self.lock();
        let message = held.messages.pop_front()?;
        Some(Taken { message, awaited: mem::take(&mut held.awaited) })
    }

    /// Messages are only moved under it. It is taken after the mailbox's lock, or alone.
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

    pub(super) fn lead_to(&mut self, batch: &Arc<Batch<M>>) {
        if !self.0.as_ref().is_some_and(|known| Arc::ptr_eq(known, batch)) {
            self.0 = Some(Arc::clone(batch));
        }
    }
}
