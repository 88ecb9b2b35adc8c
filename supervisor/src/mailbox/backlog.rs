//! What passes through a mailbox: messages, and the senders that wait to add one.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Weak};
use std::task::Waker;

use super::batch::{Batch, Shortcut};
use super::dead_letters::DeadLetterQueue;
use super::waiting_senders::WaitingSenders;
use crate::spec::ChildOptions;

pub(super) struct Backlog<M> {
    pub(super) capacity: Capacity,
    /// What the receiver has not taken over.
    messages: VecDeque<M>,
    /// What it has; older than all of those.
    batch: Option<Arc<Batch<M>>>,
    /// How many are in the batch, or were when somebody counted: the receiver tells nobody.
    taken_over: usize,
    /// Made when the first sender has to wait.
    pub(super) senders: Option<Box<WaitingSenders>>,
    /// Who asked for what will be left.
    pub(super) dead_letter_queue: Weak<DeadLetterQueue<M>>,
}

/// For how many messages there is room. Room for none would let nobody send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Capacity(usize);

impl Capacity {
    pub(super) fn of(capacity: usize) -> Self {
        Self(capacity.max(1))
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
            messages: VecDeque::new(),
            batch: None,
            taken_over: 0,
            senders: None,
            dead_letter_queue: Weak::new(),
        }
    }
}

impl<M> Backlog<M> {
    pub(super) fn len(&self) -> usize {
        let batch = self.batch.as_ref().map_or(0, |batch| batch.lock().messages.len());
        batch + self.messages.len()
    }

    pub(super) fn push(&mut self, message: M) {
        self.messages.push_back(message);
    }

    /// Whether a sender that has not waited may go in. If not, the receiver is told to look for
    /// senders when it has taken its next message.
    pub(super) fn has_room(&mut self) -> bool {
        // The receiver has made room for them, and is about to grant it.
        if self.is_awaited() {
            return false;
        }
        if self.is_roomy() {
            return true;
        }
        let Some(batch) = &self.batch else { return false };
        let mut held = batch.lock();
        self.taken_over = held.messages.len();
        let has_room = self.is_roomy();
        held.awaited = !has_room;
        has_room
    }

    /// Gives a free place to the sender that has waited longest.
    pub(super) fn grant(&mut self) -> Option<Waker> {
        if !self.is_awaited() {
            return None;
        }
        let mut held = self.batch.as_ref().map(|batch| batch.lock());
        self.taken_over = held.as_ref().map_or(0, |held| held.messages.len());
        let has_room = self.is_roomy();
        let senders = self.senders.as_mut()?;
        let granted = if has_room { senders.waiting.pop_first() } else { None };
        senders.granted += usize::from(granted.is_some());
        if let Some(held) = &mut held {
            held.awaited = !senders.waiting.is_empty();
        }
        granted.map(|(_, waker)| waker)
    }

    /// The oldest message. With it the receiver takes over all others, unless each is to make
    /// room for a sender that waits.
    pub(super) fn take(&mut self, shortcut: &mut Shortcut<M>) -> Option<M> {
        if let Some(taken) = self.batch.as_ref().and_then(|batch| batch.take()) {
            return Some(taken.message);
        }
        if self.messages.len() < 2 || self.is_awaited() {
            return self.messages.pop_front();
        }
        let batch = self.batch.get_or_insert_default();
        shortcut.lead_to(batch);
        let mut held = batch.lock();
        mem::swap(&mut held.messages, &mut self.messages);
        let message = held.messages.pop_front();
        self.taken_over = held.messages.len();
        message
    }

    /// Takes back what the receiver has taken over and not received.
    pub(super) fn take_back(&mut self) {
        self.taken_over = 0;
        let Some(batch) = self.batch.take() else { return };
        let mut messages = mem::take(&mut batch.lock().messages);
        messages.append(&mut self.messages);
        self.messages = messages;
    }

    /// All messages that the receiver has not taken over.
    pub(super) fn take_all(&mut self) -> VecDeque<M> {
        mem::take(&mut self.messages)
    }

    fn is_roomy(&self) -> bool {
        self.occupied() < self.capacity.0
    }

    /// How many places are taken, or more: the receiver may have freed some.
    fn occupied(&self) -> usize {
        let granted = self.senders.as_ref().map_or(0, |senders| senders.granted);
        self.messages.len() + self.taken_over + granted
    }

    fn is_awaited(&self) -> bool {
        self.senders.as_ref().is_some_and(|senders| !senders.waiting.is_empty())
    }
}

#[cfg(test)]
impl<M> Backlog<M> {
    pub(super) fn peek(&self) -> Option<&M> {
        self.messages.front()
    }
}
