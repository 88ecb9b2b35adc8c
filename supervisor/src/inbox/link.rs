//! The line of a child to its supervisor.

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
    pub(crate) fn leads_to(&self, inbox: &Arc<Inbox>, key: Key) -> bool {
        self.key == key && Arc::ptr_eq(&self.inbox, inbox)
    }

    /// Tells the supervisor of an event; a supervisor that has ended has no use for it.
    pub(crate) fn tell(&self, event: Event<super::Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    /// Asks the supervisor for something about the child.
    pub(crate) fn request(&self, verb: Verb) -> oneshot::Receiver<Answer> {
        self.inbox.request(Subject::Key(self.key), verb)
    }

    /// Tells the supervisor of the end of a life whose task this is, and handles what follows here
    /// if the supervisor is at rest. Call it only in a task of the supervisor's runtime, and not
    /// within the user's code.
    ///
    /// A supervisor waits for a life that it has `asked` to end. Any other end is handled here only if
    /// [it affects no other child](crate::engine::Engine::affects_only_itself): siblings that have ended
    /// at the same moment are not heard yet.
    pub(crate) fn exited_inline(&self, event: Event<super::Reply>, asked: bool) {
        if let Some(resident) = self.inbox.push_or_take_over(Message::Event(event), asked) {
            resident.handle_inline(&self.inbox);
        }
    }
}

impl Inbox {
    /// Asks the supervisor for something about one of its children. The answer's sender is dropped if
    /// the supervisor has ended.
    pub(crate) fn request(&self, subject: Subject, verb: Verb) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let order = Order { subject, verb, reply };
        let _ = self.push(Message::Event(Event::Order(Box::new(order))));
        answer
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.key).finish()
    }
}
