//! The messages to a supervisor.

use std::any::Any;
use std::fmt;

use tokio::sync::oneshot;

use crate::catch::catch_panic;
use crate::engine::{Answer, Event, Refusal};

/// The sender of the answer to an order, whose caller has the receiver.
pub(crate) type Reply = oneshot::Sender<Answer>;

/// Answers an order, in the supervisor's task: the waker of the caller is foreign code.
pub(crate) fn answer(reply: Reply, answer: Answer) {
    // The caller may have dropped its future, which does not undo the command.
    catch_panic(|| drop(reply.send(answer)));
}

/// A function that is called with the supervisor's state, or with `None` if the supervisor ends
/// before it has handled the message.
pub(crate) type Visit = Box<dyn FnOnce(Option<&mut dyn Any>) + Send>;

/// A message to a supervisor.
pub(crate) enum Message {
    /// An event for the supervisor's engine.
    Event(Event<Reply>),
    /// A query, which reads the supervisor's state at once, whatever else is under way, or an
    /// addition, whose children are of types that the inbox does not know.
    Visit(Visit),
}

impl Message {
    /// Answers the caller of a message that no supervisor will handle.
    pub(crate) fn turn_away(self) {
        match self {
            Self::Event(Event::Order(order)) => {
                answer(order.reply, Answer::Refused(Refusal::ShuttingDown));
            }
            Self::Event(_) => {}
            // The caller's waker may panic when the sender of the answer is dropped.
            Self::Visit(visit) => drop(catch_panic(|| visit(None))),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => fmt::Debug::fmt(event, f),
            Self::Visit(_) => f.write_str("Visit"),
        }
    }
}
