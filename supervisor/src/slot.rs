//! A child's place in its tree: what belongs to the specification and outlives every life.

mod core;
mod locked;
mod shutdown_requested;
mod state;
mod waiters;

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::Key;
use crate::inbox::{Inbox, Link};
use crate::mailbox::{Closing, Mailbox, wake};
use crate::spec::Name;

use self::core::End;
pub(crate) use self::core::SlotCore;
pub use self::shutdown_requested::ShutdownRequested;
pub(crate) use self::state::{Duties, Signal};
pub(crate) use self::waiters::Wakers;

/// The message type of a place that takes none: a nested supervisor's.
#[derive(Debug)]
pub(crate) enum Nobody {}

/// A place with its mailbox.
#[derive(Debug)]
pub(crate) struct Slot<M> {
    pub(crate) core: SlotCore,
    pub(crate) mailbox: Mailbox<M>,
}

/// A place whose message type does not matter.
pub(crate) trait AnySlot: Send + Sync + 'static {
    fn core(&self) -> &SlotCore;
    fn set_capacity(&self, capacity: usize);
    /// A life begins; it alone may receive.
    fn begin_life(&self, generation: u64, beginning: Beginning<'_>);
    /// The life has ended; nobody receives, senders go on. Gives back to whom that is to be told.
    fn end_life(&self, generation: u64) -> Option<Link>;
    /// Asks the life to stop: whom that wakes, or nothing if the life never looked and so cannot
    /// notice.
    fn ask(&self, now: Instant) -> Option<Wakers>;
    fn wake_receiver(&self);
    /// Sends back what is sent from now on; what was waiting goes to the dead-letter
    /// receiver, if there is one, and is counted. What is returned beside the number is to be
    /// dropped where the user's code may run.
    fn close(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)>;
    fn queued(&self) -> usize;
    fn message_type(&self) -> &'static str;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// Returns the address of a slot, which tells it from all others that exist.
pub(crate) fn address_of(slot: &dyn AnySlot) -> usize {
    std::ptr::from_ref(slot.core()).addr()
}

/// What is known of a child's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    Given(Instant),
    /// It waits for a message.
    Idle,
}

/// What a life begins with.
#[derive(Clone, Copy)]
pub(crate) struct Beginning<'a> {
    /// Where the child stands in the current life of its supervisor.
    pub(crate) inbox: &'a Arc<Inbox>,
    pub(crate) key: Key,
    pub(crate) duties: Duties,
    /// Since when it is up, if it is up as soon as it is spawned.
    pub(crate) up: Option<Instant>,
}

impl<M: Send + 'static> Slot<M> {
    pub(crate) fn new(name: Name, capacity: usize) -> Self {
        Self { core: SlotCore::new(name), mailbox: Mailbox::new(capacity) }
    }
}

impl<M: Send + 'static> AnySlot for Slot<M> {
    fn core(&self) -> &SlotCore {
        &self.core
    }

    fn set_capacity(&self, capacity: usize) {
        self.mailbox.set_capacity(capacity);
    }

    fn begin_life(&self, generation: u64, beginning: Beginning<'_>) {
        self.core.begin(generation, beginning);
        self.mailbox.open(generation);
    }

    fn end_life(&self, generation: u64) -> Option<Link> {
        let End { link, has_looked } = self.core.end(generation);
        // Whoever receives looks before.
        if has_looked {
            self.mailbox.end_life(generation);
        }
        link
    }

    fn ask(&self, now: Instant) -> Option<Wakers> {
        let woken = self.core.ask(now)?;
        Some(woken.and(self.mailbox.look_up()))
    }

    fn wake_receiver(&self) {
        wake(self.mailbox.look_up());
    }

    fn close(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)> {
        if self.mailbox.close_unused(closing) {
            return None;
        }
        let mut leftovers = self.mailbox.close(closing);
        let count = leftovers.len();
        let garbage: Box<dyn Send> = match leftovers.take_dead_letter_queue() {
            Some(queue) => {
                queue.receive(leftovers, closing == Closing::Gone);
                Box::new(queue)
            }
            None if count == 0 => return None,
            None => Box::new(leftovers),
        };
        Some((count, garbage))
    }

    fn queued(&self) -> usize {
        self.mailbox.len()
    }

    fn message_type(&self) -> &'static str {
        std::any::type_name::<M>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl std::fmt::Debug for dyn AnySlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.core(), f)
    }
}
