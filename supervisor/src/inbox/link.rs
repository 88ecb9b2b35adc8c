//! The link of a child to its supervisor.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Inbox, Message};
use crate::engine::{Answer, Event, Key, Order, Subject, Verb};

/// A child's key in the current life of its supervisor, with the inbox of that life.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) key: Key,
}

impl Link {
    /// Returns `true` if the link is to this inbox, with this key.
    pub(crate) fn leads_to(&self, inbox: &Arc<Inbox>, key: Key) -> bool {
        self.key == key && Arc::ptr_eq(&self.inbox, inbox)
    }

    /// Sends the supervisor an event; a supervisor that has ended has no use for events.
    pub(crate) fn tell(&self, event: Event<super::Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    /// Gives the supervisor an order about the child, and returns the receiver of the answer.
    /// `caller` is the child of that supervisor inside which the caller waits for the answer.
    pub(crate) fn request(&self, verb: Verb, caller: Option<Key>) -> oneshot::Receiver<Answer> {
        self.inbox.request(Subject::Key(self.key), verb, caller)
    }

    /// Reports the end of a life in the life's own task, and handles the report here if the
    /// supervisor is at rest. Call it only in a task of the supervisor's runtime, and not within
    /// the user's code.
    ///
    /// A supervisor waits for a life that it has `asked` to end. Any other end is handled here only
    /// if [it affects no other child](crate::engine::Engine::affects_only_itself): the reports of
    /// siblings that have ended at the same moment may not have arrived yet.
    pub(crate) fn exited_inline(&self, event: Event<super::Reply>, asked: bool) {
        if let Some(resident) = self.inbox.push_or_take_over(Message::Event(event), asked) {
            resident.handle_inline(&self.inbox);
        }
    }
}

impl Inbox {
    /// Gives the supervisor an order about one of its children, and returns the receiver of the
    /// answer. If the supervisor has ended, the receiver gets an error.
    pub(crate) fn request(
        &self,
        subject: Subject,
        verb: Verb,
        caller: Option<Key>,
    ) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let order = Order { subject, verb, caller, reply };
        let _ = self.push(Message::Event(Event::Order(Box::new(order))));
        answer
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.key).finish()
    }
}
