//! What a supervisor holds of a child, and what it is told.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Reign;
use crate::child_spec::Body;
use crate::engine::{Answer, Event, Key, Named, Refusal};
use crate::inbox::Inbox;
use crate::mailbox::Closing;
use crate::node::Node;
use crate::path::Name;
use crate::reaper::Reaper;
use crate::slot::AnySlot;

/// What a supervisor's task is told.
pub(crate) enum Message {
    Event(Event<Seat, Reply>),
    /// Looks at the supervisor's state, at once, whatever else is under way.
    Query(Box<dyn FnOnce(&mut Reign) + Send>),
}

impl Message {
    /// Nobody will handle it: whoever waits for an answer is told.
    pub(crate) fn turn_away(self, reaper: &mut Reaper) {
        if let Self::Event(Event::Command(command)) = self {
            let (seats, reply) = command.into_parts();
            seats.into_iter().for_each(|seat| refuse(seat, reaper));
            let _ = reply.send(Answer::Refused(Refusal::ShuttingDown));
        }
    }
}

/// Where a child stands in the current life of its supervisor.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) key: Key,
}

impl Link {
    pub(crate) fn leads_to(&self, inbox: &Arc<Inbox>, key: Key) -> bool {
        self.key == key && Arc::ptr_eq(&self.inbox, inbox)
    }

    /// Tells the supervisor; one that has ended has no use for it.
    pub(crate) fn tell(&self, event: Event<Seat, Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    /// As [`tell`](Self::tell), of a life that has ended in this task, and does what follows if nobody
    /// is at it. Only in a task of the supervisor's runtime, and not within the user's code.
    ///
    /// A supervisor waits for a life that it has `asked` to end. Any other end it may act on that soon
    /// only if [it is private](crate::engine::Engine::is_private): siblings that have ended at the same
    /// moment are not heard yet.
    pub(crate) fn tell_and_assist(&self, event: Event<Seat, Reply>, asked: bool) {
        let may = |reign: &Reign, message: &Message| asked || reign.is_private(message);
        if let Some(reign) = self.inbox.push_or_take(Message::Event(event), may) {
            reign.assist(&self.inbox);
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.key).finish()
    }
}

/// Whoever waits for the answer to a command.
pub(crate) type Reply = oneshot::Sender<Answer>;

/// The driver's part of a child.
pub(crate) struct Seat {
    pub(crate) body: Body,
    pub(crate) task: Task,
}

/// The task of a life, if there is one: nothing outlives its supervisor, even if the supervisor's
/// task is dropped.
#[derive(Debug, Default)]
pub(crate) struct Task(Option<JoinHandle<()>>);

impl Task {
    pub(crate) fn new(task: JoinHandle<()>) -> Self {
        Self(Some(task))
    }

    pub(crate) fn abort(&self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }

    /// It has ended, and is not kept in memory until the next one.
    pub(crate) fn let_go(&mut self) {
        self.0 = None;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.abort();
    }
}

impl Seat {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, task: Task::default() }
    }

    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        self.body.slot()
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seat").field(self.slot()).finish()
    }
}

impl Named for Seat {
    fn name(&self) -> &Name {
        self.slot().core().name()
    }
}

/// A child that did not get its place is gone; a supervisor goes on as it was.
pub(super) fn refuse(seat: Seat, reaper: &mut Reaper) {
    if let Some((_, leftovers)) = seat.slot().close(Closing::Gone) {
        reaper.take(leftovers);
    }
    if let Some(rest) = Node::disown(&seat.body) {
        reaper.take(rest);
    }
    reaper.take(seat);
}
