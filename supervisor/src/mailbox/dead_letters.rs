//! The receivers of the messages that a child leaves unhandled.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;

use super::messages::Messages;

use crate::sync::{Mutex, MutexGuard, PoisonError, task};

/// Receiver of the messages that a child leaves in its mailbox when it ends for good, returned by
/// [`ChildRef::dead_letters`](crate::ChildRef::dead_letters).
///
/// A child ends for good when no life of it is pending: it has finished, was terminated, or is
/// gone with its supervisor. Each time, the messages that no life will handle go to this receiver,
/// oldest first. (The message that a life was handling when it crashed is gone, and a sender that
/// still waited for room gets its message back.)
///
/// All receivers of one child share one queue: each message goes to one of them. Messages that
/// are in the queue when the last receiver is dropped are dropped with it.
#[must_use = "what a receiver holds when it is dropped is dropped with it"]
pub struct DeadLetters<M>(Arc<DeadLetterQueue<M>>);

/// The queue behind the receivers of one child.
pub(crate) struct DeadLetterQueue<M> {
    state: Mutex<State<M>>,
    changed: Notify,
}

struct State<M> {
    messages: Messages<M>,
    /// Set when the child's slot is removed: no message will follow.
    over: bool,
}

impl<M> DeadLetters<M> {
    pub(super) fn new(dead_letter_queue: Arc<DeadLetterQueue<M>>) -> Self {
        Self(dead_letter_queue)
    }

    /// Receives the next message, or `None` when the child's place in the tree, its slot, is
    /// removed and all messages have been received.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a message is taken only when the future completes.
    pub async fn next(&mut self) -> Option<M> {
        // While messages are there, the task yields now and then.
        task::consume_budget().await;
        loop {
            // Made before the queue is checked, so that no change after the check is missed.
            let changed = self.0.changed.notified();
            {
                let mut state = self.0.lock();
                let message = state.messages.pop_front();
                if message.is_some() || state.over {
                    return message;
                }
            }
            changed.await;
        }
    }

    /// Receives a message that is already there, or returns `None`.
    #[must_use]
    pub fn try_next(&mut self) -> Option<M> {
        self.0.lock().messages.pop_front()
    }
}

impl<M> DeadLetterQueue<M> {
    pub(super) fn new(over: bool) -> Self {
        let state = Mutex::new(State { messages: Messages::default(), over });
        Self { state, changed: Notify::new() }
    }

    /// Adds the messages that a mailbox was closed with; `over` if its slot is removed.
    pub(crate) fn receive(&self, messages: impl IntoIterator<Item = M>, over: bool) {
        {
            let mut state = self.lock();
            state.messages.extend(messages);
            state.over |= over;
        }
        self.changed.notify_waiters();
    }

    /// Locks the state. No code of the user's runs under this lock: messages are only moved.
    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> fmt::Debug for DeadLetters<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.0.lock().messages.len();
        f.debug_struct("DeadLetters").field("waiting", &waiting).finish_non_exhaustive()
    }
}
