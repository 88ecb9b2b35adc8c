//! What a child leaves unhandled, for whoever asks for it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The messages that a child leaves in its mailbox when it ends for good: the receiver that
/// [`ChildRef::dead_letters`](crate::ChildRef::dead_letters) gives out.
///
/// A child ends for good when no life of it is pending: it has finished, was terminated, or is
/// gone with its supervisor. Each time, the messages that no life will handle come here, oldest
/// first. (The message that a life was handling when it crashed is gone, and a sender that still
/// waited for room gets its message back.)
///
/// All receivers of one child share one queue: each message comes to one of them. Whatever is in
/// it when the last of them is dropped is dropped with it.
#[must_use = "what a receiver holds when it is dropped is dropped with it"]
pub struct DeadLetters<M>(Arc<DeadLetterQueue<M>>);

/// The queue behind the receivers of one child.
pub(crate) struct DeadLetterQueue<M> {
    state: Mutex<State<M>>,
    changed: Notify,
}

struct State<M> {
    messages: VecDeque<M>,
    /// The child's place is removed: nothing will follow.
    over: bool,
}

impl<M> DeadLetters<M> {
    pub(super) fn new(dead_letter_queue: Arc<DeadLetterQueue<M>>) -> Self {
        Self(dead_letter_queue)
    }

    /// The next message, or `None` when the child's place in the tree is gone and all messages
    /// have been received.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a message is taken only when the future completes.
    pub async fn next(&mut self) -> Option<M> {
        loop {
            // Made before the look, so that no change after it is missed.
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

    /// A message that is already there.
    #[must_use]
    pub fn try_next(&mut self) -> Option<M> {
        self.0.lock().messages.pop_front()
    }
}

impl<M> DeadLetterQueue<M> {
    pub(super) fn new(over: bool) -> Self {
        let state = Mutex::new(State { messages: VecDeque::new(), over });
        Self { state, changed: Notify::new() }
    }

    /// Takes in what a mailbox was closed with.
    pub(crate) fn receive(&self, messages: impl IntoIterator<Item = M>, over: bool) {
        {
            let mut state = self.lock();
            state.messages.extend(messages);
            state.over |= over;
        }
        self.changed.notify_waiters();
    }

    /// Nothing of the user's runs under the lock: messages are only moved.
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
