//! The inbox of a supervisor: the messages from its children, its parent and its users, and the
//! supervisor's state for the task that handles them.

mod link;
mod message;
mod owner;
mod timer;

use std::any::Any;
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::packed_instant::PackedInstant;
use crate::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use self::link::Link;
pub(crate) use self::message::{Message, Reply, answer};
pub(crate) use self::owner::{Anchor, Owner};
pub(crate) use self::timer::Timer;

/// The state of a supervisor, which rests in its inbox while there is nothing to do.
pub(crate) trait Resident: Any + Send {
    /// Returns the messages in hand: none while the state is at rest.
    fn batch(&mut self) -> &mut VecDeque<Message>;
    /// Returns `true` if the message affects no other child, so that any task may handle it at
    /// once.
    fn affects_only_itself(&self, message: &Message) -> bool;
    /// Returns the next instant at which something becomes due.
    fn next_deadline(&self) -> Option<PackedInstant>;
    /// Returns `true` if work is left that only the supervisor's own task does.
    fn needs_own_task(&self) -> bool;
    /// Handles the messages in hand in the task of a child that has ended.
    fn handle_inline(self: Box<Self>, inbox: &Inbox);
}

/// An unbounded queue of messages, and the supervisor's state for the task that handles them.
///
/// As a rule the supervisor's own task handles messages, and waits here for more. The task of a
/// child that has ended handles messages too, if no other task does, and if the child was asked to
/// end or its end affects no other child (see
/// [`Link::exited_inline`](crate::inbox::Link::exited_inline)): the end is handled where it is
/// known, without a switch to another task. So one task at a time handles messages, in the order of
/// their arrival, and holds no lock meanwhile.
///
/// The queue allocates with its first message, since most supervisors of a large tree get few
/// messages.
pub(crate) struct Inbox {
    owner: Arc<Anchor>,
    queue: Mutex<Queue>,
}

struct Queue {
    messages: VecDeque<Message>,
    state: State,
    /// The waker of the supervisor's task, while that waits.
    task: Option<Waker>,
    /// The instant at which the timer of the supervisor's task fires.
    timer: Option<PackedInstant>,
}

/// The location of the supervisor's state.
enum State {
    /// No task handles messages: the state rests here.
    AtRest(Box<dyn Resident>),
    /// A task has the state, and looks for more messages when it has handled those in hand.
    Taken,
    /// As `Taken`, but the supervisor's task is gone: no other task will handle later messages.
    Detached,
    /// The supervisor has ended.
    Closed,
}

/// The outcome of putting a supervisor's state to rest.
#[must_use = "the state has to be somewhere"]
pub(crate) enum Parked {
    /// The state rests in the inbox.
    Done,
    /// There are messages, which are in hand now.
    More(Box<dyn Resident>),
    /// The supervisor's task is gone, and no other task will take the state.
    Detached(Box<dyn Resident>),
}

impl Inbox {
    /// Creates the inbox for a life of this supervisor, whose state the caller has.
    pub(crate) fn new(owner: Arc<Anchor>) -> Self {
        let queue =
            Queue { messages: VecDeque::new(), state: State::Taken, task: None, timer: None };
        Self { owner, queue: Mutex::new(queue) }
    }

    /// Returns the supervisor that the inbox belongs to.
    pub(crate) fn owner(&self) -> &Arc<Anchor> {
        &self.owner
    }

    /// Adds a message, or returns it if the supervisor has ended.
    pub(crate) fn push(&self, message: Message) -> Result<(), Message> {
        let task = self.lock().add(message)?;
        task.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Adds a message that needs no answer. If the supervisor is at rest, no message waits before
    /// this one, and the caller `may_handle` the message or the message affects no other child, the
    /// caller gets the state with the message in hand.
    #[must_use = "no other task handles messages meanwhile"]
    pub(crate) fn push_or_take_over(
        &self,
        message: Message,
        may_handle: bool,
    ) -> Option<Box<dyn Resident>> {
        let added = {
            let mut queue = self.lock();
            if queue.messages.is_empty()
                && let State::AtRest(resident) = &queue.state
                && (may_handle || resident.affects_only_itself(&message))
                && let Some(mut resident) = queue.state.take()
            {
                resident.batch().push_back(message);
                return Some(resident);
            }
            queue.add(message)
        };
        added.into_iter().flatten().for_each(Waker::wake);
        None
    }

    /// Puts the state to rest, unless there is more to do.
    pub(crate) fn rest(&self, resident: Box<dyn Resident>) -> Parked {
        self.put(resident, |queue, mut resident| {
            if !queue.messages.is_empty() {
                mem::swap(&mut queue.messages, resident.batch());
                return (Parked::More(resident), None);
            }
            let deadline = resident.next_deadline();
            queue.state = State::AtRest(resident);
            // The timer of the supervisor's task may be set too late now, or for no deadline.
            let timer_is_wrong = match deadline {
                Some(at) => queue.timer.is_none_or(|timer| at < timer),
                None => queue.timer.is_some(),
            };
            (Parked::Done, if timer_is_wrong { queue.take_task() } else { None })
        })
    }

    /// Leaves the remaining work to the supervisor's task.
    pub(crate) fn hand_over(&self, resident: Box<dyn Resident>) -> Parked {
        self.put(resident, |queue, resident| {
            queue.state = State::AtRest(resident);
            (Parked::Done, queue.take_task())
        })
    }

    /// Puts the state back by `put`, if the supervisor's task is there to take it again.
    fn put(
        &self,
        resident: Box<dyn Resident>,
        put: impl FnOnce(&mut Queue, Box<dyn Resident>) -> (Parked, Option<Waker>),
    ) -> Parked {
        let (parked, task) = {
            let mut queue = self.lock();
            match queue.state {
                State::Taken => put(&mut queue, resident),
                _ => (Parked::Detached(resident), None),
            }
        };
        task.into_iter().for_each(Waker::wake);
        parked
    }

    /// Waits for work in the supervisor's task, and takes the state. Returns `None` if the inbox is
    /// closed, as it is when another task has lost the state to a panic.
    pub(crate) fn poll_take(
        &self,
        cx: &mut Context<'_>,
        timer: &mut Timer,
    ) -> Poll<Option<Box<dyn Resident>>> {
        let (deadline, replaced) = {
            let mut queue = self.lock();
            let deadline = match &queue.state {
                State::AtRest(resident)
                    if queue.messages.is_empty() && !resident.needs_own_task() =>
                {
                    resident.next_deadline()
                }
                State::AtRest(_) => return Poll::Ready(queue.take()),
                State::Closed => return Poll::Ready(None),
                // The task that has the state wakes this one if work is left for it.
                _ => None,
            };
            let replaced = match &queue.task {
                Some(task) if task.will_wake(cx.waker()) => None,
                _ => queue.task.replace(cx.waker().clone()),
            };
            let deadline = deadline.map(|at| timer.for_deadline(at));
            queue.timer = deadline;
            (deadline, replaced)
        };
        drop(replaced);
        if timer.poll_at(cx, deadline).is_pending() {
            return Poll::Pending;
        }
        let mut queue = self.lock();
        queue.timer = None;
        queue.take().map_or(Poll::Pending, |resident| Poll::Ready(Some(resident)))
    }

    /// Records that the supervisor's task is gone. Returns the state, if no task has it.
    pub(crate) fn detach_task(&self) -> Option<Box<dyn Resident>> {
        let mut queue = self.lock();
        let resident = queue.take();
        if matches!(queue.state, State::Taken) {
            queue.state = State::Detached;
        }
        resident
    }

    /// Refuses later messages, and returns those that no task has taken.
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
    /// Adds a message, or returns it if the supervisor has ended. Returns the waker of the
    /// supervisor's task if that has to be woken.
    fn add(&mut self, message: Message) -> Result<Option<Waker>, Message> {
        if matches!(self.state, State::Closed) {
            return Err(message);
        }
        self.messages.push_back(message);
        Ok(self.take_task())
    }

    /// Takes the state if it is at rest, with all messages in hand.
    fn take(&mut self) -> Option<Box<dyn Resident>> {
        let mut resident = self.state.take()?;
        debug_assert!(resident.batch().is_empty(), "at rest with messages in hand");
        mem::swap(&mut self.messages, resident.batch());
        Some(resident)
    }

    /// Takes the waker of the supervisor's task, if the state is at rest: a task that has the state
    /// looks for messages itself.
    fn take_task(&mut self) -> Option<Waker> {
        match self.state {
            State::AtRest(_) => self.task.take(),
            _ => None,
        }
    }
}

impl State {
    fn take(&mut self) -> Option<Box<dyn Resident>> {
        match mem::replace(self, Self::Taken) {
            Self::AtRest(resident) => Some(resident),
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
