//! The mailbox of a child's place in the tree.
//!
//! It belongs to the slot and not to one life of the child: what is sent while the child restarts
//! waits for the next life. [`queue`] holds what happens, as plain data, with [`backlog`] and
//! [`senders`]; here are the lock and the wake-ups, in [`sending`] the future that waits for room,
//! in [`asking`] request and reply.
//!
//! The receiver takes over all that is queued at once, into a [`batch`] with a lock of its own, so
//! that it does not get in the way of the senders with each message. The batch is as much a part
//! of the mailbox as the queue is; a life only knows a [`Shortcut`] to it.
//!
//! A mailbox is *open* from the start: a life runs, starts, waits for its restart, or a
//! supervisor above has not decided yet. It is *closed* while no life is pending, and may open
//! again. It is *gone* when its slot is removed, for ever.
//!
//! # Invariants
//!
//! 1. At most one life may receive. Every other one gets `None`, at once, wherever its context
//!    went: what ends a life wakes whoever still waits in its name.
//! 2. Messages leave in the order in which their sends completed, across lives: one sender's
//!    messages stay in order.
//! 3. Messages and places granted together never exceed the capacity. A message that was taken
//!    over counts until it is received. The receiver tells nobody that it has received one: who
//!    finds no room counts again.
//! 4. While senders wait there is no room for others: whatever makes room grants it to the one
//!    that has waited longest, and wakes it. So nobody overtakes a waiting sender.
//!    At once and one by one: a child may take its next message only when that sender has gone
//!    on, so waking senders in batches, when the queue is half empty, could wait for ever. So
//!    nothing is taken over while senders wait; and one that finds the room taken by a batch
//!    leaves a mark in it, under the lock that it counted under, and the receiver grants the place
//!    of its next message.
//! 5. A message is in the queue if and only if its send returned `Ok`. A waiting sender keeps its
//!    message in its own future; dropped, also after the grant, it has sent nothing, and its
//!    place goes to the next.
//! 6. No wake-up is lost. A receiver parks under the lock that found the queue empty, and a
//!    sender takes the parked waker under the lock that fills it. A receiver that is told to look
//!    up by [`Mailbox::look_up`] before it parks does not park.
//! 7. A life's batch is the mailbox's only until the life ends: what is left of it then goes back
//!    to the front of the queue, under both locks, and the next life gets a batch of its own. So
//!    the shortcut of an old life leads to nothing.
//! 8. Closing answers everyone: waiting senders, granted or not, get their message back, also if
//!    the mailbox opens again before they look; queued messages are handed to whoever closes.
//! 9. No foreign code runs under a lock, except `Waker::clone`: wakers are woken and dropped, and
//!    messages dropped, after it is released. So both may use the mailbox. The lock of a batch is
//!    taken alone, or after the mailbox's.
//! 10. Nothing is allocated before the first message, the first sender that waits or the first
//!     dead-letter receiver, unless the capacity is not the usual one.

mod ask;
mod backlog;
mod batch;
mod dead_letters;
mod error;
mod queue;
mod send;
#[cfg(test)]
mod tests;
mod waiting_senders;

use std::collections::BTreeMap;
use std::collections::vec_deque::{self, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker, ready};
use std::time::Duration;

use tokio::task::coop;

pub use ask::{Asking, Reply};
pub(crate) use batch::Shortcut;
use batch::Taken;
pub(crate) use dead_letters::DeadLetterQueue;
pub use dead_letters::DeadLetters;
pub use error::{AskError, SendError, TrySendError};
pub(crate) use queue::Closing;
use queue::{Park, Queue, Take};
pub use send::Sending;

/// A queue of messages with one receiver at a time and any number of senders.
pub(crate) struct Mailbox<M> {
    queue: Mutex<Queue<M>>,
}

impl<M> Mailbox<M> {
    /// An open mailbox that nobody receives from yet. A capacity of 0 counts as 1.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { queue: Mutex::new(Queue::new(capacity)) }
    }

    /// Changes the capacity. Messages above a smaller one stay queued.
    pub(crate) fn set_capacity(&self, capacity: usize) {
        let mut granted = {
            let mut queue = self.lock();
            queue.set_capacity(capacity);
            queue.grant()
        };
        while let Some(sender) = granted {
            sender.wake();
            // A statement of its own: the lock is released before the waker runs.
            granted = self.lock().grant();
        }
    }

    /// How many messages are queued, without those of waiting senders.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    // ===== senders =====

    /// Sends, waiting for room behind the senders that wait already.
    pub(crate) fn send(&self, message: M) -> Sending<'_, M> {
        Sending::new(self, message)
    }

    /// Sends if there is room and nobody waits for it.
    pub(crate) fn try_send(&self, message: M) -> Result<(), TrySendError<M>> {
        let sent = self.lock().try_send(message);
        wake(sent?);
        Ok(())
    }

    /// Sends the request that `make` makes, and waits for the answer; `within` covers both.
    pub(crate) fn ask<R>(
        &self,
        make: impl FnOnce(Reply<R>) -> M,
        within: Duration,
    ) -> Asking<'_, M, R> {
        Asking::new(self, make, within)
    }

    // ===== the receiver =====

    /// The next message for this life; `None` if it is not the one that may receive now.
    ///
    /// The caller looks before each call whether its life is the present one, and at its stop flag.
    /// It need not look after it: see [`Mailbox::look_up`]. The shortcut is the life's own, made with it.
    pub(crate) fn poll_recv(
        &self,
        life: u64,
        shortcut: &mut Shortcut<M>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<M>> {
        let budget = ready!(coop::poll_proceed(cx));
        if let Some(taken) = shortcut.take() {
            budget.made_progress();
            return Poll::Ready(Some(self.received(taken)));
        }
        let mut queue = self.lock();
        match queue.take(life, shortcut) {
            Take::Message(message, sender) => {
                drop(queue);
                budget.made_progress();
                wake(sender);
                Poll::Ready(Some(message))
            }
            Take::Empty => {
                let parked = queue.park(cx.waker());
                drop(queue);
                match parked {
                    Park::Parked(replaced) => drop(replaced),
                    Park::LookUp => cx.waker().wake_by_ref(),
                }
                Poll::Pending
            }
            Take::NotYours => {
                drop(queue);
                budget.made_progress();
                Poll::Ready(None)
            }
        }
    }

    /// The next message for this life, if there is one and it may receive. As for
    /// [`poll_recv`](Self::poll_recv), the caller has just looked, and the shortcut is the life's own.
    pub(crate) fn try_recv(&self, life: u64, shortcut: &mut Shortcut<M>) -> Option<M> {
        if let Some(taken) = shortcut.take() {
            return Some(self.received(taken));
        }
        let taken = self.lock().take(life, shortcut);
        match taken {
            Take::Message(message, sender) => {
                wake(sender);
                Some(message)
            }
            Take::Empty | Take::NotYours => None,
        }
    }

    /// Gives on the place of a message that came out of a batch.
    fn received(&self, taken: Taken<M>) -> M {
        if taken.awaited {
            let sender = self.lock().grant();
            wake(sender);
        }
        taken.message
    }

    /// Makes the receiver poll again, so that it sees a stop flag that was set before this call:
    /// the one that waits now, or the one that was about to when the flag was set.
    #[must_use = "the receiver has to be woken"]
    pub(crate) fn look_up(&self) -> Option<Waker> {
        self.lock().look_up()
    }

    // ===== the slot =====

    /// From now on `life` receives, and nobody else. Opens a closed mailbox, not one that is gone.
    pub(crate) fn open(&self, life: u64) {
        let receiver = self.lock().open(life);
        wake(receiver);
    }

    /// `life` receives no more; senders go on. Does nothing if another life receives by now.
    pub(crate) fn end_life(&self, life: u64) {
        let receiver = self.lock().end_life(life);
        wake(receiver);
    }

    /// Gives waiting and later senders their message back, and the caller what was queued.
    ///
    /// What is gone stays gone, whatever it is closed with later.
    pub(crate) fn close(&self, closing: Closing) -> Leftovers<M> {
        let closed = self.lock().close(closing);
        wake(closed.receiver);
        for sender in closed.senders.into_iter().flat_map(BTreeMap::into_values) {
            sender.wake();
        }
        Leftovers { messages: closed.messages, heir: closed.heir }
    }

    /// As [`close`](Self::close), if nothing can be in it, or wait for room in it; `false` for any
    /// other mailbox, which is not closed by this.
    pub(crate) fn close_unused(&self, closing: Closing) -> bool {
        let receiver = {
            let mut queue = self.lock();
            if queue.has_backlog() {
                return false;
            }
            queue.close(closing).receiver
        };
        wake(receiver);
        true
    }

    /// A receiver of what is left when the mailbox is closed.
    pub(crate) fn dead_letters(&self) -> DeadLetters<M> {
        DeadLetters::new(self.lock().dead_letter_queue())
    }

    /// Takes back a send: it waits no more, or gives back the place granted to it.
    fn withdraw(&self, ticket: waiting_senders::Ticket) {
        let (own, next) = self.lock().withdraw(ticket);
        drop(own);
        wake(next);
    }

    /// No code of ours panics while it holds the lock, so a poisoned queue is still a whole one.
    fn lock(&self) -> MutexGuard<'_, Queue<M>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Never called with the lock held.
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// What was queued when a mailbox was closed, oldest first.
#[must_use = "messages run their own code when they are dropped: choose the place"]
pub(crate) struct Leftovers<M> {
    messages: VecDeque<M>,
    heir: Option<Arc<DeadLetterQueue<M>>>,
}

impl<M> Leftovers<M> {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whoever asked for them.
    pub(crate) fn take_heir(&mut self) -> Option<Arc<DeadLetterQueue<M>>> {
        self.heir.take()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

impl<M> IntoIterator for Leftovers<M> {
    type Item = M;
    type IntoIter = vec_deque::IntoIter<M>;

    fn into_iter(self) -> Self::IntoIter {
        self.messages.into_iter()
    }
}

impl<M> fmt::Debug for Leftovers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leftovers").field("len", &self.len()).finish_non_exhaustive()
    }
}
