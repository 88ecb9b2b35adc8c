//! The times that messages take, in a mailbox that measures them.
//!
//! The only part of a mailbox that reads the clock, once for each message that is sent, and once for each
//! that is received.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pool_times::PoolTimes;
use super::waiting_senders::Ticket;
use crate::spec::MessageTimes;
use crate::sync::clock;

/// The measurement of a mailbox's messages.
pub(super) struct Times {
    /// The instants at which the queued messages were sent, in their order.
    sent: VecDeque<Instant>,
    /// The instants at which the senders that wait for room began to wait.
    waiting: BTreeMap<Ticket, Instant>,
    /// The instant at which the message that is being handled was received.
    handling: Option<Instant>,
    known: Known,
}

/// The place where the times are counted.
enum Known {
    Own(Box<MessageTimes>),
    /// Together with the other workers of the pool.
    Pool(Arc<PoolTimes>),
}

impl Known {
    fn add_waiting(&mut self, time: Duration) {
        match self {
            Self::Own(times) => times.waiting.add(time),
            Self::Pool(times) => times.add_waiting(time),
        }
    }

    fn add_handling(&mut self, time: Duration) {
        match self {
            Self::Own(times) => times.handling.add(time),
            Self::Pool(times) => times.add_handling(time),
        }
    }
}

impl Times {
    /// Begins to measure, for a worker of a pool together with the others. The messages that are queued
    /// already, as many as `queued`, count as sent now.
    pub(super) fn new(queued: usize, pool: Option<Arc<PoolTimes>>) -> Self {
        Self {
            sent: std::iter::repeat_n(clock::now(), queued).collect(),
            waiting: BTreeMap::new(),
            handling: None,
            known: pool.map_or_else(|| Known::Own(Box::default()), Known::Pool),
        }
    }

    /// Notes that a sender waits for room.
    pub(super) fn waits(&mut self, ticket: Ticket) {
        self.waiting.insert(ticket, clock::now());
    }

    /// Records that a sender does not wait any more. Returns when its wait began.
    pub(super) fn has_waited(&mut self, ticket: Ticket) -> Option<Instant> {
        self.waiting.remove(&ticket)
    }

    /// Records that a message is queued that was sent at this instant; `None` means now.
    pub(super) fn queued(&mut self, sent: Option<Instant>) {
        self.sent.push_back(sent.unwrap_or_else(clock::now));
    }

    /// Notes that the child asks for its next message, and gets the first one if there is one.
    pub(super) fn asked(&mut self) {
        if self.handling.is_none() && self.sent.is_empty() {
            return;
        }
        let now = clock::now();
        self.handled(now);
        if let Some(sent) = self.sent.pop_front() {
            self.known.add_waiting(now.saturating_duration_since(sent));
            self.handling = Some(now);
        }
    }

    /// Records that the life that may have been handling a message has ended.
    pub(super) fn life_ended(&mut self) {
        if self.handling.is_some() {
            self.handled(clock::now());
        }
    }

    fn handled(&mut self, now: Instant) {
        if let Some(since) = self.handling.take() {
            self.known.add_handling(now.saturating_duration_since(since));
        }
    }

    /// Notes that all messages, and all senders that waited, have gone.
    pub(super) fn emptied(&mut self) {
        self.sent.clear();
        self.waiting.clear();
    }

    /// Returns the times so far, unless they are those of a pool.
    pub(super) fn known(&self) -> Option<&MessageTimes> {
        match &self.known {
            Known::Own(times) => Some(times),
            Known::Pool(_) => None,
        }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Times {
    /// Returns the numbers of queued messages and of waiting senders whose times are noted.
    pub(super) fn noted(&self) -> (usize, usize) {
        (self.sent.len(), self.waiting.len())
    }
}
