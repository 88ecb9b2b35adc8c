//! What a supervisor is told, by its children, its parent and its users, and who sees to it.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

use crate::driver::{Alarm, Message, Reign};
use crate::node::Node;

/// An unbounded queue, and the supervisor's state for whoever handles what is in it.
///
/// As a rule that is the supervisor's own task, which waits here. The task of a child that has ended
/// does it too, if nobody else is at it, and if it was asked to end or its end is private (see
/// [`Link::tell_and_assist`](crate::driver::Link::tell_and_assist)): what follows happens where the
/// end is known, and costs no switch to another task. So there is one at a time that handles
/// messages, in the order in which they came, and no lock is held meanwhile.
///
/// It allocates with its first message, since most supervisors of a large tree have little to hear.
pub(crate) struct Inbox {
    node: Weak<Node>,
    queue: Mutex<Queue>,
}

struct Queue {
    messages: VecDeque<Message>,
    state: State,
    /// The supervisor's task, when it waits.
    task: Option<Waker>,
    /// When the timer of the supervisor's task will wake it.
    alarm: Option<Instant>,
}

/// Where the supervisor's state is.
enum State {
    /// Nobody handles messages: here it is.
    AtRest(Box<Reign>),
    /// Whoever has it looks here for more when it has handled what there was.
    Taken,
    /// As `Taken`, but the supervisor's task is gone: nobody else will handle what comes.
    Deserted,
    /// The supervisor has ended.
    Closed,
}

/// What came of putting a supervisor's state to rest.
#[must_use = "the state has to be somewhere"]
pub(crate) enum Rest {
    Done,
    /// There are messages: they are in hand.
    More(Box<Reign>),
    /// The supervisor's task is gone, and nobody else will ever take the state.
    Deserted(Box<Reign>),
}

impl Inbox {
    /// Of a life of this supervisor, whose state is with its creator.
    pub(crate) fn new(node: &Arc<Node>) -> Self {
        let queue =
            Queue { messages: VecDeque::new(), state: State::Taken, task: None, alarm: None };
        Self { node: Arc::downgrade(node), queue: Mutex::new(queue) }
    }

    /// Whose it is.
    pub(crate) fn node(&self) -> &Weak<Node> {
        &self.node
    }

    /// Adds a message, or gives it back when nobody will read it.
    pub(crate) fn push(&self, message: Message) -> Result<(), Message> {
        let task = self.lock().add(message)?;
        task.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Adds a message that needs no answer. If nobody has the supervisor's state, nothing waits before
    /// the message, and the caller `may` take it over, it gets the state with the message in hand.
    #[must_use = "nobody else handles messages meanwhile"]
    pub(crate) fn push_or_take(
        &self,
        message: Message,
        may: impl FnOnce(&Reign, &Message) -> bool,
    ) -> Option<Box<Reign>> {
        let added = {
            let mut queue = self.lock();
            if queue.messages.is_empty()
                && let State::AtRest(reign) = &queue.state
                && may(reign, &message)
                && let Some(mut reign) = queue.state.take()
            {
                reign.batch.push_back(message);
                return Some(reign);
            }
            queue.add(message)
        };
        added.into_iter().flatten().for_each(Waker::wake);
        None
    }

    /// Puts the state to rest, unless there is more to do.
    pub(crate) fn rest(&self, reign: Box<Reign>) -> Rest {
        self.put(reign, |queue, mut reign| {
            if !queue.messages.is_empty() {
                mem::swap(&mut queue.messages, &mut reign.batch);
                return (Rest::More(reign), None);
            }
            let deadline = reign.engine.next_deadline();
            queue.state = State::AtRest(reign);
            // What the task's timer is set to may be too late now, or for nothing.
            let is_set_wrong = match deadline {
                Some(at) => queue.alarm.is_none_or(|alarm| at < alarm),
                None => queue.alarm.is_some(),
            };
            (Rest::Done, if is_set_wrong { queue.call_task() } else { None })
        })
    }

    /// Leaves what there is to do to the supervisor's task.
    pub(crate) fn hand_over(&self, reign: Box<Reign>) -> Rest {
        self.put(reign, |queue, reign| {
            queue.state = State::AtRest(reign);
            (Rest::Done, queue.call_task())
        })
    }

    /// Gives the state back, if there is somebody who will take it again.
    fn put(
        &self,
        reign: Box<Reign>,
        put: impl FnOnce(&mut Queue, Box<Reign>) -> (Rest, Option<Waker>),
    ) -> Rest {
        let (rest, task) = {
            let mut queue = self.lock();
            match queue.state {
                State::Taken => put(&mut queue, reign),
                _ => (Rest::Deserted(reign), None),
            }
        };
        task.into_iter().for_each(Waker::wake);
        rest
    }

    /// For the supervisor's task: its state, when there is something to do; nothing if it was lost in
    /// another task, to a panic.
    pub(crate) fn poll_take(
        &self,
        cx: &mut Context<'_>,
        alarm: &mut Alarm,
    ) -> Poll<Option<Box<Reign>>> {
        let deadline = {
            let mut queue = self.lock();
            let deadline = match &queue.state {
                State::AtRest(reign) if queue.messages.is_empty() && !reign.needs_own_task() => {
                    reign.engine.next_deadline()
                }
                State::AtRest(_) => return Poll::Ready(queue.take()),
                State::Closed => return Poll::Ready(None),
                // Whoever has it calls if there is something left for this task.
                _ => None,
            };
            if !queue.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
                queue.task = Some(cx.waker().clone());
            }
            let deadline = deadline.map(|at| alarm.for_deadline(at));
            queue.alarm = deadline;
            deadline
        };
        if alarm.poll_at(cx, deadline).is_pending() {
            return Poll::Pending;
        }
        let mut queue = self.lock();
        queue.alarm = None;
        queue.take().map_or(Poll::Pending, |reign| Poll::Ready(Some(reign)))
    }

    /// The supervisor's task is gone: its state, if nobody has it.
    pub(crate) fn desert(&self) -> Option<Box<Reign>> {
        let mut queue = self.lock();
        let reign = queue.take();
        if matches!(queue.state, State::Taken) {
            queue.state = State::Deserted;
        }
        reign
    }

    /// Refuses what comes from now on, and gives back what nobody has read.
    pub(crate) fn close(&self) -> VecDeque<Message> {
        let (messages, task) = {
            let mut queue = self.lock();
            queue.state = State::Closed;
            (mem::take(&mut queue.messages), queue.task.take())
        };
        task.into_iter().for_each(Waker::wake);
        messages
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Adds a message, or gives it back when nobody will read it. Whom that wakes.
    fn add(&mut self, message: Message) -> Result<Option<Waker>, Message> {
        if matches!(self.state, State::Closed) {
            return Err(message);
        }
        self.messages.push_back(message);
        Ok(self.call_task())
    }

    /// The state, with all messages.
    fn take(&mut self) -> Option<Box<Reign>> {
        let mut reign = self.state.take()?;
        debug_assert!(reign.batch.is_empty(), "at rest with messages in hand");
        mem::swap(&mut self.messages, &mut reign.batch);
        Some(reign)
    }

    /// The supervisor's task, if it has to be woken: whoever has the state looks for messages itself.
    fn call_task(&mut self) -> Option<Waker> {
        match self.state {
            State::AtRest(_) => self.task.take(),
            _ => None,
        }
    }
}

impl State {
    fn take(&mut self) -> Option<Box<Reign>> {
        match mem::replace(self, Self::Taken) {
            Self::AtRest(reign) => Some(reign),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("messages", &self.lock().messages.len()).finish()
    }
}
