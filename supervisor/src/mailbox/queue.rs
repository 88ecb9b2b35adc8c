//! What a mailbox holds, as plain data: no lock, no clock, nothing is woken here.
//!
//! Every method gives out the wakers that are to be woken, or dropped, once the lock is released.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::Waker;

use super::backlog::{Backlog, Capacity};
use super::batch::Shortcut;
use super::dead_letters::DeadLetterQueue;
use super::error::{SendError, TrySendError};
use super::waiting_senders::{Ticket, WaitingSenders};

/// Why a mailbox is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// No life is pending; it may open again.
    NotRunning,
    /// The slot is removed.
    Gone,
}

/// The messages, who may receive them, and who waits to add one.
pub(super) struct Queue<M> {
    /// Made with the first message, or whatever else is rare; without it the capacity is the usual
    /// one. Most mailboxes of a large tree never have it.
    backlog: Option<Box<Backlog<M>>>,
    /// The parked receiver.
    receiver: Option<Waker>,
    /// The life that may receive.
    life: Option<LifeTag>,
    closed: Option<Closing>,
    /// The receiver shall poll again before it parks.
    look_up: bool,
}

/// A life's number modulo 2³²-1. So two lives can have the same, but whoever receives has compared
/// the whole numbers just before ([`SlotCore::observe_stop`](crate::slot::SlotCore::observe_stop)): this is for a life
/// that has ended between that look and the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
struct LifeTag(NonZeroU32);

impl LifeTag {
    fn of(life: u64) -> Self {
        let number = life % u64::from(u32::MAX) + 1;
        Self(u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN))
    }
}

/// What came of an attempt to take a message.
pub(super) enum Take<M> {
    /// A message, and the sender that got its place.
    Message(M, Option<Waker>),
    Empty,
    /// Another life receives, or none.
    NotYours,
}

/// What came of an attempt to park the receiver.
pub(super) enum Park {
    /// It is parked, in the place of this waker.
    Parked(Option<Waker>),
    /// It is not: it shall look at its flags first.
    LookUp,
}

/// What came of an attempt to send.
pub(super) enum Sent<M> {
    /// The message is queued; the parked receiver.
    Queued(Option<Waker>),
    /// The sender waits with its message; its own waker of an earlier attempt.
    Waiting(M, Option<Waker>),
    Refused(SendError<M>),
}

/// What a closing leaves to others.
pub(super) struct Closed<M> {
    pub(super) messages: VecDeque<M>,
    pub(super) heir: Option<Arc<DeadLetterQueue<M>>>,
    pub(super) receiver: Option<Waker>,
    pub(super) senders: Option<BTreeMap<Ticket, Waker>>,
}

impl<M> Queue<M> {
    pub(super) fn new(capacity: usize) -> Self {
        let mut queue =
            Self { backlog: None, receiver: None, life: None, closed: None, look_up: false };
        queue.set_capacity(capacity);
        queue
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        let capacity = Capacity::of(capacity);
        if self.backlog.is_some() || capacity != Capacity::default() {
            self.backlog.get_or_insert_default().capacity = capacity;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.len())
    }

    // ===== senders =====

    /// Queues the message, or the sender behind those who wait. `ticket` is the sender's own:
    /// `None` at its first attempt, and while it does not wait.
    pub(super) fn send(
        &mut self,
        message: M,
        ticket: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Sent<M> {
        if let Some(held) = *ticket {
            let senders = self.senders();
            if held < senders.returned {
                *ticket = None;
                return Sent::Refused(self.refuse(message));
            }
            if let Some(parked) = senders.waiting.get_mut(&held) {
                return Sent::Waiting(message, renew(parked, waker));
            }
            senders.granted -= 1;
            *ticket = None;
        } else if self.closed.is_some() {
            return Sent::Refused(self.refuse(message));
        } else if !self.has_room() {
            *ticket = Some(self.senders().wait(waker.clone()));
            return Sent::Waiting(message, None);
        }
        Sent::Queued(self.push(message))
    }

    pub(super) fn try_send(&mut self, message: M) -> Result<Option<Waker>, TrySendError<M>> {
        if self.closed.is_some() {
            Err(self.refuse(message).into())
        } else if !self.has_room() {
            Err(TrySendError::Full(message))
        } else {
            Ok(self.push(message))
        }
    }

    /// Takes back the ticket of a sender that gave up: its own waker, and that of the sender
    /// that got the place if it had been granted.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> (Option<Waker>, Option<Waker>) {
        let senders = self.senders();
        if ticket < senders.returned {
            return (None, None);
        }
        let own = senders.waiting.remove(&ticket);
        if own.is_some() {
            return (own, None);
        }
        senders.granted -= 1;
        (None, self.grant())
    }

    /// Gives a free place to the sender that has waited longest.
    pub(super) fn grant(&mut self) -> Option<Waker> {
        self.backlog.as_mut()?.grant()
    }

    fn senders(&mut self) -> &mut WaitingSenders {
        self.backlog.get_or_insert_default().senders.get_or_insert_default()
    }

    fn has_room(&mut self) -> bool {
        self.backlog.as_mut().is_none_or(|backlog| backlog.has_room())
    }

    fn push(&mut self, message: M) -> Option<Waker> {
        self.backlog.get_or_insert_default().push(message);
        self.receiver.take()
    }

    /// The error for a sender whose mailbox is closed, or was when it waited.
    fn refuse(&self, message: M) -> SendError<M> {
        match self.closed {
            Some(Closing::Gone) => SendError::Gone(message),
            Some(Closing::NotRunning) | None => SendError::NotRunning(message),
        }
    }

    // ===== the receiver =====

    pub(super) fn take(&mut self, life: u64, shortcut: &mut Shortcut<M>) -> Take<M> {
        if self.life != Some(LifeTag::of(life)) {
            return Take::NotYours;
        }
        match self.backlog.as_mut().and_then(|backlog| backlog.take(shortcut)) {
            Some(message) => Take::Message(message, self.grant()),
            None => Take::Empty,
        }
    }

    /// Parks the receiver, which has found the queue empty.
    pub(super) fn park(&mut self, waker: &Waker) -> Park {
        if mem::take(&mut self.look_up) {
            return Park::LookUp;
        }
        Park::Parked(match &mut self.receiver {
            Some(parked) => renew(parked, waker),
            none => none.replace(waker.clone()),
        })
    }

    /// Also remembered: the waker that is parked may not be the one that will wait.
    pub(super) fn look_up(&mut self) -> Option<Waker> {
        self.look_up = true;
        self.receiver.take()
    }

    // ===== the slot =====

    /// The queue of those who ask for what will be left; made if there is none.
    pub(super) fn dead_letter_queue(&mut self) -> Arc<DeadLetterQueue<M>> {
        let backlog = self.backlog.get_or_insert_default();
        backlog.dead_letter_queue.upgrade().unwrap_or_else(|| {
            let dead_letter_queue =
                Arc::new(DeadLetterQueue::new(self.closed == Some(Closing::Gone)));
            backlog.dead_letter_queue = Arc::downgrade(&dead_letter_queue);
            dead_letter_queue
        })
    }

    pub(super) fn open(&mut self, life: u64) -> Option<Waker> {
        if self.closed == Some(Closing::Gone) {
            return None;
        }
        self.closed = None;
        self.hand_over(Some(LifeTag::of(life)))
    }

    pub(super) fn end_life(&mut self, life: u64) -> Option<Waker> {
        if self.life == Some(LifeTag::of(life)) { self.hand_over(None) } else { None }
    }

    /// Whether something had to be allocated for it: for messages, for senders that wait, for an own
    /// capacity, for whoever has asked for what will be left.
    pub(super) fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    pub(super) fn close(&mut self, closing: Closing) -> Closed<M> {
        if self.closed != Some(Closing::Gone) {
            self.closed = Some(closing);
        }
        let receiver = self.hand_over(None);
        let Some(backlog) = &mut self.backlog else {
            return Closed { messages: VecDeque::new(), heir: None, receiver, senders: None };
        };
        Closed {
            messages: backlog.take_all(),
            heir: backlog.dead_letter_queue.upgrade(),
            receiver,
            senders: backlog.senders.as_mut().map(|senders| senders.dismiss()),
        }
    }

    fn hand_over(&mut self, life: Option<LifeTag>) -> Option<Waker> {
        self.life = life;
        if let Some(backlog) = &mut self.backlog {
            backlog.take_back();
        }
        self.receiver.take()
    }
}

/// Puts `waker` in the place of `parked` unless they wake the same task; the one replaced.
fn renew(parked: &mut Waker, waker: &Waker) -> Option<Waker> {
    if parked.will_wake(waker) { None } else { Some(mem::replace(parked, waker.clone())) }
}

#[cfg(test)]
impl<M> Queue<M> {
    pub(super) fn peek(&self) -> Option<&M> {
        self.backlog.as_ref()?.peek()
    }
}
