//! The mailbox of a child.
//!
//! A mailbox belongs to the slot and not to one life of the child: messages that are sent while
//! the child restarts wait for the next life. [`queue`] holds the state as plain data, with
//! [`backlog`] and [`waiting_senders`]; this file has the lock and the wake-ups, [`send`] the
//! future that waits for room, [`ask`] request and reply.
//!
//! The receiver takes over all queued messages at once, into a [`batch`] with a lock of its own,
//! so that it does not compete with the senders for the mailbox's lock at each message. The batch
//! is a part of the mailbox, as the queue is; a life only has a [`Shortcut`] to it.
//!
//! A mailbox is *open* from the start, and as long as a life runs, starts, or waits for its
//! restart, or a supervisor above has not decided yet. It is *closed* while no life is pending, and
//! may open again. It is *gone* for ever when its slot is removed.
//!
//! # Invariants
//!
//! 1. At most one life may receive. Every other life gets `None` at once, whichever task holds its
//!    context: the end of a life wakes the receiver that still waits in its name.
//! 2. Messages leave in the order in which their sends completed, across lives: one sender's
//!    messages stay in order.
//! 3. Messages and granted permits together never exceed the capacity (a *permit* is the room for
//!    one message). A message that was taken over counts until it is received. The receiver
//!    does not report that it has received a message: a sender that finds no room counts again.
//! 4. While senders wait there is no room for other senders: room that is made goes, as a permit,
//!    to the sender that has waited longest, and wakes it. So no sender overtakes a waiting one.
//!    Permits are granted at once and one by one: a child may take its next message only when that
//!    sender has gone on, so waking senders in batches, when the queue is half empty, could wait
//!    for ever. So the receiver takes over nothing while senders wait; a sender that finds the room
//!    taken by a batch marks the batch, under the lock that it counted under, and the receiver
//!    grants the permit of its next message.
//! 5. A message is in the queue if and only if its send returned `Ok`. A waiting sender keeps its
//!    message in its own future; if that is dropped, even after the grant, nothing has been sent,
//!    and the permit goes to the next sender.
//! 6. No wake-up is lost. A receiver parks under the lock that found the queue empty, and a
//!    sender takes the parked waker under the lock that fills the queue. A receiver that
//!    [`Mailbox::look_up`] notifies before it parks does not park.
//! 7. A life's batch is the mailbox's only until the life ends: the messages that are left in it
//!    then go back to the front of the queue, under both locks, and the next life gets a batch of
//!    its own. So the shortcut of an old life leads to an empty batch.
//! 8. Closing answers every sender: waiting senders, with or without a permit, get their message
//!    back, even if the mailbox opens again before they poll; queued messages go to the caller of
//!    [`Mailbox::close`].
//! 9. No foreign code runs under a lock, except `Waker::clone`: wakers are woken and dropped, and
//!    messages dropped, after the lock is released. So wakers and messages may use the mailbox.
//!    Messages that no life receives are dropped, and tasks woken, each under a guard of its own:
//!    the panic of one spares the others.
//!    The lock of a batch is taken alone, or after the mailbox's.
//! 10. A mailbox that measures the times of its messages keeps the time of each queued message, in the
//!     same order, and has no batch: each message is taken under the mailbox's lock.
//! 11. Nothing is allocated before the first message, the first sender that waits or the first
//!     dead-letter receiver, unless the capacity is not the default one, or times are measured.

mod ask;
mod backlog;
mod batch;
mod dead_letters;
mod error;
mod messages;
mod pool_times;
mod queue;
mod send;
#[cfg(all(test, not(shuttle)))]
mod tests;
mod times;
mod waiting_senders;

use std::collections::vec_deque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker, ready};
use std::time::Duration;

use crate::catch::{wake, wake_each};
use crate::spec::MessageTimes;
use crate::sync::{Mutex, MutexGuard, PoisonError, task};

pub(crate) use ask::Asking;
pub use ask::Reply;
pub(crate) use batch::Shortcut;
use batch::Taken;
pub(crate) use dead_letters::DeadLetterQueue;
pub use dead_letters::DeadLetters;
pub use error::{AskError, SendError, TrySendError};
use messages::Messages;
pub(crate) use pool_times::PoolTimes;
pub(crate) use queue::Closing;
use queue::{Park, Queue, Take};
pub(crate) use send::Sending;

/// A queue of messages with one receiver at a time and any number of senders.
pub(crate) struct Mailbox<M> {
    queue: Mutex<Queue<M>>,
}

impl<M> Mailbox<M> {
    /// Creates an open mailbox without a receiver. A capacity of 0 counts as 1.
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
            wake(Some(sender));
            // A statement of its own: the lock is released before the waker runs.
            granted = self.lock().grant();
        }
    }

    /// Sets whether the times of messages are measured. What was measured before is forgotten.
    pub(crate) fn set_histograms(&self, histograms: bool) {
        let old = self.lock().set_histograms(histograms);
        drop(old);
    }

    /// Measures the times of messages together with the other workers of a pool. What was measured before is
    /// forgotten.
    pub(crate) fn measure_in_pool(&self, times: Arc<PoolTimes>) {
        let old = self.lock().measure(Some(times));
        drop(old);
    }

    /// Returns the times of messages, if they are measured, and not together with those of a pool.
    pub(crate) fn message_times(&self) -> Option<Box<MessageTimes>> {
        Some(Box::new(self.lock().times()?.known()?.clone()))
    }

    /// Returns the number of queued messages, without those of waiting senders.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns the number of messages that there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.lock().capacity()
    }

    /// Returns `true` if messages are taken.
    #[cfg(feature = "test-util")]
    pub(crate) fn is_open(&self) -> bool {
        self.lock().is_open()
    }

    // ===== senders =====

    /// Sends a message, and waits for room behind the senders that wait already.
    pub(crate) fn send(&self, message: M) -> Sending<'_, M> {
        Sending::new(self, message)
    }

    /// Sends a message if there is room and no sender waits for it.
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

    // ===== receiver =====

    /// Polls for the next message of this life; `None` if the life may not receive now.
    ///
    /// Before each call the caller checks its stop flag, and that its life is the present one; it
    /// need not check either after the call: see [`Mailbox::look_up`]. The shortcut is the life's
    /// own.
    pub(crate) fn poll_recv(
        &self,
        life: u64,
        shortcut: &mut Shortcut<M>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<M>> {
        let budget = ready!(task::poll_proceed(cx));
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
            Take::NotReceiver => {
                drop(queue);
                budget.made_progress();
                Poll::Ready(None)
            }
        }
    }

    /// Polls for the next message of this life, which was asked to stop; `None` once those that were
    /// queued at the beginning of a drain are received, or if there was no drain.
    pub(crate) fn poll_drain(
        &self,
        life: u64,
        shortcut: &mut Shortcut<M>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<M>> {
        let budget = ready!(task::poll_proceed(cx));
        budget.made_progress();
        let taken = self.lock().take_drained(life, shortcut);
        Poll::Ready(match taken {
            Take::Message(message, sender) => {
                wake(sender);
                Some(message)
            }
            Take::Empty | Take::NotReceiver => None,
        })
    }

    /// Waits for the end of this life, which is being dropped and receives no message; completes at
    /// once if the life may not receive.
    pub(crate) fn poll_end(&self, life: u64, cx: &mut TaskContext<'_>) -> Poll<()> {
        let Some(parked) = self.lock().park_until_end(life, cx.waker()) else {
            return Poll::Ready(());
        };
        match parked {
            Park::Parked(replaced) => drop(replaced),
            Park::LookUp => cx.waker().wake_by_ref(),
        }
        Poll::Pending
    }

    /// Takes the next message of this life, if there is one and the life may receive. As for
    /// [`poll_recv`](Self::poll_recv), the caller has just checked its life and its stop flag, and
    /// the shortcut is the life's own.
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
            Take::Empty | Take::NotReceiver => None,
        }
    }

    /// Grants the permit of a message from a batch to the sender that waits for it.
    fn received(&self, taken: Taken<M>) -> M {
        if taken.awaited {
            let sender = self.lock().grant();
            wake(sender);
        }
        taken.message
    }

    /// Makes the receiver poll again, so that it sees a stop flag that was set before this call,
    /// whether the receiver waits now or was about to wait when the flag was set.
    #[must_use = "the receiver has to be woken"]
    pub(crate) fn look_up(&self) -> Option<Waker> {
        self.lock().look_up()
    }

    // ===== slot =====

    /// Has the present life receive the messages that are queued now, also when it is asked to stop.
    pub(crate) fn begin_drain(&self) {
        self.lock().begin_drain();
    }

    /// Makes `life` the only receiver. Opens a closed mailbox, not one that is gone.
    pub(crate) fn open(&self, life: u64) {
        let receiver = self.lock().open(life);
        wake(receiver);
    }

    /// Ends receiving by `life`; senders go on. Does nothing if another life receives by now.
    pub(crate) fn end_life(&self, life: u64) {
        let receiver = self.lock().end_life(life);
        wake(receiver);
    }

    /// Closes the mailbox: waiting and later senders get their message back, and the caller gets
    /// the queued messages.
    ///
    /// A mailbox that is gone stays gone, even if it is closed as not running later.
    pub(crate) fn close(&self, closing: Closing) -> Leftovers<M> {
        let closed = self.lock().close(closing);
        wake(closed.receiver);
        wake_each(closed.senders.unwrap_or_default().into_values());
        Leftovers { messages: closed.messages, dead_letter_queue: closed.dead_letter_queue }
    }

    /// Closes the mailbox as [`close`](Self::close) does, if no message can be in it and no sender
    /// can wait for room. Returns `false` for any other mailbox, which it leaves open.
    pub(crate) fn close_unused(&self, closing: Closing) -> bool {
        let receiver = {
            let mut queue = self.lock();
            if queue.has_backlog() {
                return false;
            }
            queue.stop_receiving(closing)
        };
        wake(receiver);
        true
    }

    /// Returns a receiver of the messages that are left when the mailbox is closed.
    pub(crate) fn dead_letters(&self) -> DeadLetters<M> {
        DeadLetters::new(self.lock().dead_letter_queue())
    }

    /// Withdraws a send, which stops waiting or returns the permit granted to it.
    fn withdraw(&self, ticket: waiting_senders::Ticket) {
        let (own, next) = self.lock().withdraw(ticket);
        drop(own);
        wake(next);
    }

    /// Locks the queue. No code panics while it holds this lock, so a poisoned queue is consistent.
    fn lock(&self) -> MutexGuard<'_, Queue<M>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The messages that were queued when a mailbox was closed, oldest first.
#[must_use = "messages run their own code when they are dropped: choose the place"]
pub(crate) struct Leftovers<M> {
    messages: Messages<M>,
    dead_letter_queue: Option<Arc<DeadLetterQueue<M>>>,
}

impl<M> Leftovers<M> {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Takes the queue of the dead-letter receivers, if the child has any.
    pub(crate) fn take_dead_letter_queue(&mut self) -> Option<Arc<DeadLetterQueue<M>>> {
        self.dead_letter_queue.take()
    }

    #[cfg(all(test, not(shuttle)))]
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
