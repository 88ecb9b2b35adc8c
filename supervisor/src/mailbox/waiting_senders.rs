//! The senders that wait for room, in order, as plain data.

use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

use crate::catch::NumberedWakers;

/// The number of a waiting sender, in the order of arrival; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(NonZeroU64);

impl Ticket {
    pub(super) fn number(self) -> u64 {
        self.0.get()
    }
}

/// The senders that wait for room.
pub(super) struct WaitingSenders {
    /// The wakers of the senders, in the order of arrival.
    pub(super) waiting: NumberedWakers,
    /// The number of permits granted to senders that have not used them yet.
    pub(super) granted: usize,
    /// The next sender's ticket.
    next: Ticket,
    /// The bound below which the last closing refused all tickets.
    pub(super) returned: Ticket,
}

impl Default for WaitingSenders {
    fn default() -> Self {
        let first = Ticket(NonZeroU64::MIN);
        Self { waiting: NumberedWakers::new(), granted: 0, next: first, returned: first }
    }
}

impl WaitingSenders {
    /// Adds a sender to the end, and returns its ticket.
    pub(super) fn wait(&mut self, waker: Waker) -> Ticket {
        let ticket = self.next;
        self.next = Ticket(ticket.0.saturating_add(1));
        self.waiting.insert(ticket.number(), waker);
        ticket
    }

    /// Refuses all waiting senders, and those that have a permit and have not used it. Returns
    /// the wakers of those that waited.
    pub(super) fn refuse_all(&mut self) -> NumberedWakers {
        self.granted = 0;
        self.returned = self.next;
        mem::take(&mut self.waiting)
    }
}
