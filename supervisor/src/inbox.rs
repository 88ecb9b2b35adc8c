//! What a supervisor's task is told, by its children, its parent and its users.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// An unbounded queue with one reader, taken batch by batch. It allocates with its first
/// message, since most supervisors of a large tree have little to hear.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: Mutex<Queue<T>>,
}

#[derive(Debug)]
struct Queue<T> {
    messages: Vec<T>,
    reader: Option<Waker>,
    closed: bool,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self { queue: Mutex::new(Queue { messages: Vec::new(), reader: None, closed: false }) }
    }

    /// Adds a message, or gives it back when nobody will read it.
    pub(crate) fn push(&self, message: T) -> Result<(), T> {
        let reader = {
            let mut queue = self.lock();
            if queue.closed {
                return Err(message);
            }
            queue.messages.push(message);
            queue.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
        Ok(())
    }

    /// Moves what is there into the empty `batch`.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>, batch: &mut Vec<T>) -> Poll<()> {
        let mut queue = self.lock();
        if queue.messages.is_empty() {
            if !queue.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
                queue.reader = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        mem::swap(&mut queue.messages, batch);
        Poll::Ready(())
    }

    /// Refuses what comes from now on, and gives back what nobody has read.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut queue = self.lock();
        queue.closed = true;
        mem::take(&mut queue.messages)
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
