//! The line of those who wait for room, as plain data.

use std::collections::BTreeMap;
use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

/// The place of a sender in the line; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(NonZeroU64);

/// The senders that wait for room.
pub(super) struct WaitingSenders {
    /// In the order of their arrival.
    pub(super) waiting: BTreeMap<Ticket, Waker>,
    /// Places given to senders that have not used them yet.
    pub(super) granted: usize,
    /// The next sender's ticket.
    next: Ticket,
    /// Tickets below this one were sent back by the last closing.
    pub(super) returned: Ticket,
}

impl Default for WaitingSenders {
    fn default() -> Self {
        let first = Ticket(NonZeroU64::MIN);
        Self { waiting: BTreeMap::new(), granted: 0, next: first, returned: first }
    }
}

impl WaitingSenders {
    pub(super) fn wait(&mut self, waker: Waker) -> Ticket {
        let ticket = self.next;
        self.next = Ticket(ticket.0.saturating_add(1));
        self.waiting.insert(ticket, waker);
        ticket
    }

    /// Sends everyone back, also those that have been granted a place and not used it.
    pub(super) fn dismiss(&mut self) -> BTreeMap<Ticket, Waker> {
        self.granted = 0;
        self.returned = self.next;
        mem::take(&mut self.waiting)
    }
}
