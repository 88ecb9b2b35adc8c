//! The messages of a mailbox, and the senders that wait to add one.

use std::mem;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Instant;

use super::batch::{Batch, Shortcut};
use super::dead_letters::DeadLetterQueue;
use super::messages::Messages;
use super::pool_times::PoolTimes;
use super::times::Times;
use super::waiting_senders::WaitingSenders;
use crate::catch::NumberedWakers;
use crate::spec::ChildOptions;

/// The queued messages, the receiver's batch and the waiting senders of a mailbox.
pub(super) struct Backlog<M> {
    pub(super) capacity: Capacity,
    /// The messages that the receiver has not taken over.
    messages: Messages<M>,
    /// The messages that the receiver has taken over; older than all of the others.
    batch: Option<Arc<Batch<M>>>,
    /// The number of messages in the batch, as last counted. There may be fewer by now, since the
    /// receiver does not report what it receives.
    taken_over: usize,
    /// The number of messages that a life which is asked to stop has still to receive.
    pub(super) to_drain: usize,
    /// State that few mailboxes need, allocated when the first sender has to wait or times are
    /// measured.
    pub(super) rare: Option<Box<Rare>>,
    /// The queue of the dead-letter receivers.
    pub(super) dead_letter_queue: Weak<DeadLetterQueue<M>>,
}

/// The senders that wait, and the times of messages: behind one pointer, since most mailboxes have
/// neither.
#[derive(Default)]
pub(super) struct Rare {
    /// The senders that wait for room.
    pub(super) senders: WaitingSenders,
    /// The times of messages, if they are measured.
    pub(super) times: Option<Box<Times>>,
}

impl Rare {
    /// Refuses all senders that wait, when all messages are taken. Returns the senders' wakers.
    pub(super) fn refuse_all(&mut self) -> NumberedWakers {
        if let Some(times) = &mut self.times {
            times.emptied();
        }
        self.senders.refuse_all()
    }
}

/// The number of messages that there is room for; at least one, or no message could be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Capacity(usize);

impl Capacity {
    pub(super) fn of(capacity: usize) -> Self {
        Self(capacity.max(1))
    }

    pub(super) fn get(self) -> usize {
        self.0
    }
}

impl Default for Capacity {
    fn default() -> Self {
        Self(ChildOptions::MAILBOX)
    }
}

impl<M> Default for Backlog<M> {
    fn default() -> Self {
        Self {
            capacity: Capacity::default(),
            messages: Messages::default(),
            batch: None,
            taken_over: 0,
            to_drain: 0,
            rare: None,
            dead_letter_queue: Weak::new(),
        }
    }
}

impl<M> Backlog<M> {
    pub(super) fn len(&self) -> usize {
        let batch = self.batch.as_ref().map_or(0, |batch| batch.lock().messages.len());
        batch + self.messages.len()
    }

    /// Measures the times of messages from now on. Returns the measurement before that.
    pub(super) fn measure(&mut self, pool: Option<Arc<PoolTimes>>) -> Option<Box<Times>> {
        self.take_back();
        let times = Box::new(Times::new(self.messages.len(), pool));
        self.rare.get_or_insert_default().times.replace(times)
    }

    /// Queues a message of a sender that has not waited. Returns it if there is no room.
    #[inline]
    pub(super) fn offer(&mut self, message: M) -> Option<M> {
        let has_room = match self.rare.as_deref() {
            None => self.messages.len() + self.taken_over < self.capacity.0 || self.has_room(),
            // Free room belongs to the senders that wait.
            Some(rare) if !rare.senders.waiting.is_empty() => false,
            Some(_) => self.is_below_capacity() || self.has_room(),
        };
        if !has_room {
            return Some(message);
        }
        self.push(message, None);
        None
    }

    /// Queues a message that was sent at this instant; `None` means now.
    #[inline]
    pub(super) fn push(&mut self, message: M, sent: Option<Instant>) {
        if let Some(Rare { times: Some(times), .. }) = self.rare.as_deref_mut() {
            times.queued(sent);
        }
        self.messages.push_back(message);
    }

    /// Returns `true` if a sender that has not waited may add a message. If not, it marks the
    /// batch, so that the receiver looks for waiting senders when it has taken its next message.
    fn has_room(&mut self) -> bool {
        // Any room is for the waiting senders: the receiver is about to grant it to them.
        if self.has_waiting_senders() {
            return false;
        }
        if self.is_below_capacity() {
            return true;
        }
        let Some(batch) = &self.batch else { return false };
        let mut contents = batch.lock();
        self.taken_over = contents.messages.len();
        let has_room = self.is_below_capacity();
        contents.awaited = !has_room;
        has_room
    }

    /// Grants a free permit to the sender that has waited longest, and returns its waker.
    pub(super) fn grant(&mut self) -> Option<Waker> {
        if !self.has_waiting_senders() {
            return None;
        }
        let mut contents = self.batch.as_ref().map(|batch| batch.lock());
        self.taken_over = contents.as_ref().map_or(0, |contents| contents.messages.len());
        let has_room = self.is_below_capacity();
        let senders = &mut self.rare.as_mut()?.senders;
        let granted = if has_room { senders.waiting.pop_first() } else { None };
        senders.granted += usize::from(granted.is_some());
        if let Some(contents) = &mut contents {
            contents.awaited = !senders.waiting.is_empty();
        }
        granted.map(|(_, waker)| waker)
    }

    /// Takes the oldest message, and grants its permit to the sender that has waited longest. With the
    /// message the receiver takes over all others, unless senders wait: then each message that it
    /// receives makes room for one of them.
    pub(super) fn take(&mut self, shortcut: &mut Shortcut<M>) -> Option<(M, Option<Waker>)> {
        self.to_drain = self.to_drain.saturating_sub(1);
        if self.rare.is_some() {
            let message = self.take_watched(shortcut)?;
            return Some((message, self.grant()));
        }
        let message = match self.batch.as_ref().and_then(|batch| batch.take()) {
            Some(taken) => taken.message,
            None if self.messages.len() < 2 => self.messages.pop_front()?,
            None => self.take_over(shortcut)?,
        };
        Some((message, None))
    }

    /// Takes the oldest message of a mailbox for which senders may wait, or whose times are measured.
    #[inline]
    fn take_watched(&mut self, shortcut: &mut Shortcut<M>) -> Option<M> {
        if let Some(Rare { times: Some(times), .. }) = self.rare.as_deref_mut() {
            times.asked();
            return self.messages.pop_front();
        }
        if let Some(taken) = self.batch.as_ref().and_then(|batch| batch.take()) {
            return Some(taken.message);
        }
        if self.messages.len() < 2 || self.has_waiting_senders() {
            return self.messages.pop_front();
        }
        self.take_over(shortcut)
    }

    /// Takes the oldest of two messages or more, and takes over the others.
    fn take_over(&mut self, shortcut: &mut Shortcut<M>) -> Option<M> {
        let batch = self.batch.get_or_insert_default();
        shortcut.lead_to(batch);
        let mut contents = batch.lock();
        mem::swap(&mut contents.messages, &mut self.messages);
        let message = contents.messages.pop_front();
        self.taken_over = contents.messages.len();
        message
    }

    /// Records that the life that received messages has ended.
    pub(super) fn life_ended(&mut self) {
        if let Some(Rare { times: Some(times), .. }) = self.rare.as_deref_mut() {
            times.life_ended();
        }
        self.take_back();
    }

    /// Moves the messages that the receiver has taken over and not received back to the queue.
    fn take_back(&mut self) {
        self.taken_over = 0;
        let Some(batch) = self.batch.take() else { return };
        let mut messages = mem::take(&mut batch.lock().messages);
        messages.append(&mut self.messages);
        self.messages = messages;
    }

    /// Takes all messages that the receiver has not taken over.
    pub(super) fn take_all(&mut self) -> Messages<M> {
        mem::take(&mut self.messages)
    }

    fn is_below_capacity(&self) -> bool {
        self.occupied() < self.capacity.0
    }

    /// Returns an upper bound of the permits in use: the receiver may have freed some since the
    /// batch was counted.
    fn occupied(&self) -> usize {
        let granted = self.rare.as_ref().map_or(0, |rare| rare.senders.granted);
        self.messages.len() + self.taken_over + granted
    }

    fn has_waiting_senders(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.senders.waiting.is_empty())
    }
}

#[cfg(all(test, not(shuttle)))]
impl<M> Backlog<M> {
    pub(super) fn peek(&self) -> Option<&M> {
        self.messages.front()
    }
}
