//! The inbox of a supervisor: the messages of its children, its parent and its users, and the
//! supervisor's state for the task that handles them.

mod link;
mod message;
mod owner;
mod timer;

use std::any::Any;
use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

pub(crate) use self::link::Link;
pub(crate) use self::message::{Message, Reply};
pub(crate) use self::owner::{Anchor, Owner};
pub(crate) use self::timer::Timer;

/// The state of a supervisor, which rests in its inbox while there is nothing to do.
pub(crate) trait Resident: Any + Send {
    /// Returns the messages in hand: none while the state is at rest.
    fn batch(&mut self) -> &mut VecDeque<Message>;
    /// Returns whether the message tells of nothing that concerns other children, so that any task may
    /// handle it at once.
    fn affects_only_itself(&self, message: &Message) -> bool;
    /// Returns the next instant at which something becomes due.
    fn next_deadline(&self) -> Option<Instant>;
    /// Returns whether something is left to do that only the supervisor's own task does.
    fn needs_own_task(&self) -> bool;
    /// Handles the messages in hand in the task of a child that has ended.
    fn handle_inline(self: Box<Self>, inbox: &Inbox);
}

/// An unbounded queue, and the supervisor's state for whoever handles what is in it.
///
/// As a rule that is the supervisor's own task, which waits here. The task of a child that has ended
/// does it too, if nobody else is at it, and if it was asked to end or its end is private (see
/// [`Link::exited_inline`](crate::inbox::Link::exited_inline)): what follows happens where the
/// end is known, and costs no switch to another task. So there is one at a time that handles
/// messages, in the order in which they came, and no lock is held meanwhile.
///
/// It allocates with its first message, since most supervisors of a large tree have little to hear.
pub(crate) struct Inbox {
    owner: Arc<Anchor>,
    queue: Mutex<Queue>,
}

struct Queue {
    messages: VecDeque<Message>,
    state: State,
    /// The supervisor's task, when it waits.
    task: Option<Waker>,
    /// When the timer of the supervisor's task will wake it.
    timer: Option<Instant>,
}

/// Where the supervisor's state is.
enum State {
    /// Nobody handles messages: here it is.
    AtRest(Box<dyn Resident>),
    /// Whoever has it looks here for more when it has handled what there was.
    Taken,
    /// As `Taken`, but the supervisor's task is gone: nobody else will handle what comes.
    Detached,
    /// The supervisor has ended.
    Closed,
}

/// What came of putting a supervisor's state to rest.
#[must_use = "the state has to be somewhere"]
pub(crate) enum Parked {
    Done,
    /// There are messages: they are in hand.
    More(Box<dyn Resident>),
    /// The supervisor's task is gone, and nobody else will ever take the state.
    Detached(Box<dyn Resident>),
}

impl Inbox {
    /// Makes the inbox of a life of this supervisor; its state is with the caller.
    pub(crate) fn new(owner: Arc<Anchor>) -> Self {
        let queue =
            Queue { messages: VecDeque::new(), state: State::Taken, task: None, timer: None };
        Self { owner, queue: Mutex::new(queue) }
    }

    /// Returns the supervisor whose inbox it is.
    pub(crate) fn owner(&self) -> &Arc<Anchor> {
        &self.owner
    }

    /// Adds a message, or gives it back when nobody will read it.
    pub(crate) fn push(&self, message: Message) -> Result<(), Message> {
        let task = self.lock().add(message)?;
        task.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Adds a message that needs no answer. If the supervisor is at rest, no message waits before this
    /// one, and the caller `may_handle` it or it concerns no other child, the caller gets the state with
    /// the message in hand.
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
            // What the task's timer is set to may be too late now, or for nothing.
            let is_set_wrong = match deadline {
                Some(at) => queue.timer.is_none_or(|timer| at < timer),
                None => queue.timer.is_some(),
            };
            (Parked::Done, if is_set_wrong { queue.call_task() } else { None })
        })
    }

    /// Leaves what there is to do to the supervisor's task.
    pub(crate) fn hand_over(&self, resident: Box<dyn Resident>) -> Parked {
        self.put(resident, |queue, resident| {
            queue.state = State::AtRest(resident);
            (Parked::Done, queue.call_task())
        })
    }

    /// Gives the state back, if there is somebody who will take it again.
    fn put(
        &self,
        resident: Box<dyn Resident>,
        put: impl FnOnce(&mut Queue, Box<dyn Resident>) -> (Parked, Option<Waker>),
    ) -> Parked {
        let (rest, task) = {
            let mut queue = self.lock();
            match queue.state {
                State::Taken => put(&mut queue, resident),
                _ => (Parked::Detached(resident), None),
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
        timer: &mut Timer,
    ) -> Poll<Option<Box<dyn Resident>>> {
        let deadline = {
            let mut queue = self.lock();
            let deadline = match &queue.state {
                State::AtRest(resident)
                    if queue.messages.is_empty() && !resident.needs_own_task() =>
                {
                    resident.next_deadline()
                }
                State::AtRest(_) => return Poll::Ready(queue.take()),
                State::Closed => return Poll::Ready(None),
                // Whoever has it calls if there is something left for this task.
                _ => None,
            };
            if !queue.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
                queue.task = Some(cx.waker().clone());
            }
            let deadline = deadline.map(|at| timer.for_deadline(at));
            queue.timer = deadline;
            deadline
        };
        if timer.poll_at(cx, deadline).is_pending() {
            return Poll::Pending;
        }
        let mut queue = self.lock();
        queue.timer = None;
        queue.take().map_or(Poll::Pending, |resident| Poll::Ready(Some(resident)))
    }

    /// The supervisor's task is gone: its state, if nobody has it.
    pub(crate) fn detach_task(&self) -> Option<Box<dyn Resident>> {
        let mut queue = self.lock();
        let resident = queue.take();
        if matches!(queue.state, State::Taken) {
            queue.state = State::Detached;
        }
        resident
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
    fn take(&mut self) -> Option<Box<dyn Resident>> {
        let mut resident = self.state.take()?;
        debug_assert!(resident.batch().is_empty(), "at rest with messages in hand");
        mem::swap(&mut self.messages, resident.batch());
        Some(resident)
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
