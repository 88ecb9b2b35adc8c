//! The state of a mailbox as plain data: no lock, no wake-ups, and no clock but that of [`times`].
//!
//! [`times`]: super::times
//!
//! Every method returns the wakers that are to be woken, or dropped, once the lock is released.

use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::Waker;

use super::backlog::{Backlog, Capacity, Rare};
use super::batch::Shortcut;
use super::dead_letters::DeadLetterQueue;
use super::error::{SendError, TrySendError};
use super::messages::Messages;
use super::pool_times::PoolTimes;
use super::times::Times;
use super::waiting_senders::Ticket;
use crate::catch::NumberedWakers;

/// The reason for which a mailbox is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// No life is pending; the mailbox may open again.
    NotRunning,
    /// The slot is removed.
    Gone,
}

/// The messages, the life that may receive them, and the senders that wait for room.
pub(super) struct Queue<M> {
    /// The messages and waiting senders, made with the first message, waiting sender, dead-letter
    /// receiver or capacity of its own; without it the capacity is the default one. Most mailboxes
    /// of a large tree never have a backlog.
    backlog: Option<Box<Backlog<M>>>,
    /// The parked receiver.
    receiver: Option<Waker>,
    /// The life that may receive.
    life: Option<LifeTag>,
    closed: Option<Closing>,
    /// Set if the receiver has to poll again before it parks.
    look_up: bool,
}

/// A life's number modulo 2³²-1.
///
/// Two lives can have the same tag, but the receiver has compared the whole numbers just before, in
/// [`SlotCore::observe_stop`](crate::slot::SlotCore::observe_stop): the tag rules out a life that
/// has ended between that comparison and the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
struct LifeTag(NonZeroU32);

impl LifeTag {
    fn of(life: u64) -> Self {
        let number = life % u64::from(u32::MAX) + 1;
        Self(u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN))
    }
}

/// The outcome of an attempt to take a message.
pub(super) enum Take<M> {
    /// A message, and the waker of the sender that got its permit.
    Message(M, Option<Waker>),
    Empty,
    /// Another life receives, or none does.
    NotReceiver,
}

/// The outcome of an attempt to park the receiver.
pub(super) enum Park {
    /// The receiver is parked; holds the waker that the new one has replaced.
    Parked(Option<Waker>),
    /// The receiver is not parked: it has to check its flags first.
    LookUp,
}

/// The outcome of an attempt to send.
pub(super) enum Sent<M> {
    /// The message is queued; holds the waker of the parked receiver.
    Queued(Option<Waker>),
    /// The sender waits; holds its message, and the waker of its earlier attempt, to be dropped.
    Waiting(M, Option<Waker>),
    Refused(SendError<M>),
}

/// The messages of a mailbox that was closed, and the tasks to be woken.
pub(super) struct Closed<M> {
    pub(super) messages: Messages<M>,
    pub(super) dead_letter_queue: Option<Arc<DeadLetterQueue<M>>>,
    pub(super) receiver: Option<Waker>,
    pub(super) senders: Option<NumberedWakers>,
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

    /// Sets whether the times of messages are measured. Returns the measurement before that.
    pub(super) fn set_histograms(&mut self, histograms: bool) -> Option<Box<Times>> {
        if histograms {
            self.measure(None)
        } else {
            self.backlog.as_mut()?.rare.as_mut()?.times.take()
        }
    }

    /// Measures the times of messages from now on, for a worker of a pool together with the others. Returns
    /// the measurement before that.
    pub(super) fn measure(&mut self, pool: Option<Arc<PoolTimes>>) -> Option<Box<Times>> {
        self.backlog.get_or_insert_default().measure(pool)
    }

    pub(super) fn times(&self) -> Option<&Times> {
        self.backlog.as_ref()?.rare.as_ref()?.times.as_deref()
    }

    pub(super) fn len(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.len())
    }

    pub(super) fn capacity(&self) -> usize {
        self.backlog.as_ref().map_or_else(Capacity::default, |backlog| backlog.capacity).get()
    }

    #[cfg(feature = "test-util")]
    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    // ===== senders =====

    /// Queues the message, or makes the sender wait behind those that wait already. `ticket` is the
    /// sender's own: `None` at its first attempt, and while it does not wait.
    pub(super) fn send(
        &mut self,
        message: M,
        ticket: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Sent<M> {
        if let Some(own) = *ticket {
            let Rare { senders, times } = self.rare();
            if own < senders.returned {
                *ticket = None;
                return Sent::Refused(self.refuse(message));
            }
            if let Some(parked) = senders.waiting.get_mut(&own.number()) {
                return Sent::Waiting(message, replace_waker(parked, waker));
            }
            senders.granted -= 1;
            let sent = times.as_mut().and_then(|times| times.has_waited(own));
            *ticket = None;
            self.backlog.get_or_insert_default().push(message, sent);
            return Sent::Queued(self.receiver.take());
        }
        if self.closed.is_some() {
            return Sent::Refused(self.refuse(message));
        }
        let Some(message) = self.backlog.get_or_insert_default().offer(message) else {
            return Sent::Queued(self.receiver.take());
        };
        let Rare { senders, times } = self.rare();
        let own = senders.wait(waker.clone());
        if let Some(times) = times {
            times.waits(own);
        }
        *ticket = Some(own);
        Sent::Waiting(message, None)
    }

    pub(super) fn try_send(&mut self, message: M) -> Result<Option<Waker>, TrySendError<M>> {
        if self.closed.is_some() {
            return Err(self.refuse(message).into());
        }
        match self.backlog.get_or_insert_default().offer(message) {
            None => Ok(self.receiver.take()),
            Some(message) => Err(TrySendError::Full(message)),
        }
    }

    /// Withdraws the ticket of a sender that gave up. Returns the sender's own waker, and that of
    /// the sender that gets its permit if it had one.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> (Option<Waker>, Option<Waker>) {
        let Rare { senders, times } = self.rare();
        if ticket < senders.returned {
            return (None, None);
        }
        if let Some(times) = times {
            times.has_waited(ticket);
        }
        let own = senders.waiting.remove(&ticket.number());
        if own.is_some() {
            return (own, None);
        }
        senders.granted -= 1;
        (None, self.grant())
    }

    /// Grants a free permit to the sender that has waited longest, and returns its waker.
    pub(super) fn grant(&mut self) -> Option<Waker> {
        self.backlog.as_mut()?.grant()
    }

    fn rare(&mut self) -> &mut Rare {
        self.backlog.get_or_insert_default().rare.get_or_insert_default()
    }

    /// Returns the error for a sender whose mailbox is closed, or was closed while the sender
    /// waited.
    fn refuse(&self, message: M) -> SendError<M> {
        match self.closed {
            Some(Closing::Gone) => SendError::Gone(message),
            Some(Closing::NotRunning) | None => SendError::NotRunning(message),
        }
    }

    // ===== receiver =====

    pub(super) fn take(&mut self, life: u64, shortcut: &mut Shortcut<M>) -> Take<M> {
        if self.life != Some(LifeTag::of(life)) {
            return Take::NotReceiver;
        }
        match self.backlog.as_mut().and_then(|backlog| backlog.take(shortcut)) {
            Some((message, sender)) => Take::Message(message, sender),
            None => Take::Empty,
        }
    }

    /// Takes the next message that was queued when the drain began.
    pub(super) fn take_drained(&mut self, life: u64, shortcut: &mut Shortcut<M>) -> Take<M> {
        let is_over = self.backlog.as_ref().is_none_or(|backlog| backlog.to_drain == 0);
        if is_over { Take::Empty } else { self.take(life, shortcut) }
    }

    /// Parks the receiver, which has found the queue empty.
    pub(super) fn park(&mut self, waker: &Waker) -> Park {
        if mem::take(&mut self.look_up) {
            return Park::LookUp;
        }
        Park::Parked(match &mut self.receiver {
            Some(parked) => replace_waker(parked, waker),
            none => none.replace(waker.clone()),
        })
    }

    /// Parks the receiver of this life, whatever the queue holds; `None` if the life may not
    /// receive.
    pub(super) fn park_until_end(&mut self, life: u64, waker: &Waker) -> Option<Park> {
        (self.life == Some(LifeTag::of(life))).then(|| self.park(waker))
    }

    /// Makes the receiver poll again. The call is also remembered, since the parked waker may not
    /// be the one that the receiver is about to park.
    pub(super) fn look_up(&mut self) -> Option<Waker> {
        self.look_up = true;
        self.receiver.take()
    }

    // ===== slot =====

    /// Returns the queue of the dead-letter receivers, and makes it if there is none.
    pub(super) fn dead_letter_queue(&mut self) -> Arc<DeadLetterQueue<M>> {
        let backlog = self.backlog.get_or_insert_default();
        backlog.dead_letter_queue.upgrade().unwrap_or_else(|| {
            let dead_letter_queue =
                Arc::new(DeadLetterQueue::new(self.closed == Some(Closing::Gone)));
            backlog.dead_letter_queue = Arc::downgrade(&dead_letter_queue);
            dead_letter_queue
        })
    }

    /// Notes how many messages the present life receives before it stops.
    pub(super) fn begin_drain(&mut self) {
        if let Some(backlog) = &mut self.backlog {
            backlog.to_drain = backlog.len();
        }
    }

    pub(super) fn open(&mut self, life: u64) -> Option<Waker> {
        if self.closed == Some(Closing::Gone) {
            return None;
        }
        self.closed = None;
        self.set_life(Some(LifeTag::of(life)))
    }

    pub(super) fn end_life(&mut self, life: u64) -> Option<Waker> {
        if self.life == Some(LifeTag::of(life)) { self.set_life(None) } else { None }
    }

    /// Returns `true` if the queue has allocated its backlog: for messages, for senders that wait,
    /// for a capacity of its own, for dead-letter receivers.
    pub(super) fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    pub(super) fn close(&mut self, closing: Closing) -> Closed<M> {
        let receiver = self.stop_receiving(closing);
        let Some(backlog) = &mut self.backlog else {
            return Closed {
                messages: Messages::default(),
                dead_letter_queue: None,
                receiver,
                senders: None,
            };
        };
        Closed {
            messages: backlog.take_all(),
            dead_letter_queue: backlog.dead_letter_queue.upgrade(),
            receiver,
            senders: backlog.rare.as_mut().map(|rare| rare.refuse_all()),
        }
    }

    /// Closes a queue without looking at its backlog. Returns the waker of the receiver.
    pub(super) fn stop_receiving(&mut self, closing: Closing) -> Option<Waker> {
        if self.closed != Some(Closing::Gone) {
            self.closed = Some(closing);
        }
        self.set_life(None)
    }

    /// Makes this life the receiver, or no life. Returns the waker of the receiver before it.
    fn set_life(&mut self, life: Option<LifeTag>) -> Option<Waker> {
        self.life = life;
        if let Some(backlog) = &mut self.backlog {
            backlog.life_ended();
            backlog.to_drain = 0;
        }
        self.receiver.take()
    }
}

/// Replaces `parked` by `waker` unless they wake the same task. Returns the waker replaced.
fn replace_waker(parked: &mut Waker, waker: &Waker) -> Option<Waker> {
    if parked.will_wake(waker) { None } else { Some(mem::replace(parked, waker.clone())) }
}

#[cfg(all(test, not(shuttle)))]
impl<M> Queue<M> {
    pub(super) fn peek(&self) -> Option<&M> {
        self.backlog.as_ref()?.peek()
    }
}
