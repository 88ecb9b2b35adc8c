//! The slot of a child, its place in the tree: name, mailbox and state, which outlive every life.

mod core;
mod ended;
mod locked;
mod shutdown_requested;
mod state;
mod trouble;
mod waiters;
mod waits;

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use crate::catch::wake;
use crate::engine::Key;
use crate::inbox::{Inbox, Link};
use crate::mailbox::{Closing, Mailbox, PoolTimes};
use crate::packed_instant::PackedInstant;
use crate::spec::{Failure, MessageTimes, Name};

use self::core::End;
pub(crate) use self::core::SlotCore;
pub use self::ended::Ended;
pub use self::shutdown_requested::ShutdownRequested;
pub(crate) use self::state::{Duties, Signal};
pub(crate) use self::trouble::{FailedAt, Trouble};
pub(crate) use self::waiters::Wakers;
pub(crate) use self::waits::NotedWait;

/// The message type of a slot that takes no messages: a nested supervisor's.
#[derive(Debug)]
pub(crate) enum NoMessage {}

/// A slot with its mailbox.
#[derive(Debug)]
pub(crate) struct Slot<M> {
    pub(crate) core: SlotCore,
    pub(crate) mailbox: Mailbox<M>,
}

/// A slot whose message type does not matter.
pub(crate) trait AnySlot: Send + Sync + 'static {
    fn core(&self) -> &SlotCore;
    fn set_capacity(&self, capacity: usize);
    /// Sets whether the times of messages are measured.
    fn set_histograms(&self, histograms: bool);
    /// Measures the times of messages together with the other workers of a pool.
    fn measure_in_pool(&self, times: Arc<PoolTimes>);
    /// Returns the times of messages, if they are measured, and not together with those of a pool.
    fn message_times(&self) -> Option<Box<MessageTimes>>;
    /// Begins a life, which becomes the only receiver.
    fn begin_life(&self, generation: u64, beginning: Beginning<'_>);
    /// Ends the life: no life receives, senders go on. Returns the link to report the end by.
    fn end_life(&self, generation: u64) -> Option<Link> {
        self.end_life_with(generation, false).0
    }
    /// Ends the life as [`end_life`](Self::end_life) does. If it `leaves_error`, the failure of an
    /// earlier life that this error pushes out is returned too, to be dropped where the destructor
    /// of its error may run.
    fn end_life_with(&self, generation: u64, leaves_error: bool)
    -> (Option<Link>, Option<Failure>);
    /// Asks the life to stop. Returns the wakers to be woken, or `None` if the life has never
    /// checked its shutdown signal and so cannot notice.
    fn ask(&self, now: PackedInstant) -> Option<Wakers>;
    /// Has the receiver take the messages that are queued now, also after a shutdown request.
    fn begin_drain(&self);
    /// Makes the receiver check its shutdown signal.
    fn wake_receiver(&self);
    /// Closes the mailbox: messages sent from now on are returned, and queued ones go to the
    /// dead-letter receivers, if there are any. Returns the number of queued messages, and a value
    /// to be dropped where the user's code may run. (No life of the child is pending: that is noted
    /// next, by [`SlotCore::close`].)
    fn close_mailbox(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)>;
    /// Returns the number of queued messages.
    fn queued(&self) -> usize;
    /// Returns the number of messages that the mailbox has room for.
    fn capacity(&self) -> usize;
    /// Returns `true` if messages are taken.
    #[cfg(feature = "test-util")]
    fn is_open(&self) -> bool;
    fn message_type(&self) -> &'static str;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// Returns the address of a slot, which differs from that of every other slot that exists.
pub(crate) fn address_of(slot: &dyn AnySlot) -> usize {
    std::ptr::from_ref(slot.core()).addr()
}

/// The last heartbeat of a child that has to give heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    /// The child gave it at this instant.
    Given(Instant),
    /// The child waits for a message.
    Idle,
}

/// The supervisor's side of a life that begins.
#[derive(Clone, Copy)]
pub(crate) struct Beginning<'a> {
    /// The inbox of the current life of the child's supervisor; `key` is the child's key there.
    pub(crate) inbox: &'a Arc<Inbox>,
    pub(crate) key: Key,
    pub(crate) duties: Duties,
    /// The instant since which the life is up, if it is up as soon as it is spawned.
    pub(crate) up: Option<PackedInstant>,
    /// `true` if the life counts as a restart once it is up.
    pub(crate) restarts: bool,
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

    fn set_histograms(&self, histograms: bool) {
        self.mailbox.set_histograms(histograms);
    }

    fn measure_in_pool(&self, times: Arc<PoolTimes>) {
        self.mailbox.measure_in_pool(times);
    }

    fn message_times(&self) -> Option<Box<MessageTimes>> {
        self.mailbox.message_times()
    }

    fn begin_life(&self, generation: u64, beginning: Beginning<'_>) {
        self.core.begin(generation, beginning);
        self.mailbox.open(generation);
    }

    fn end_life_with(
        &self,
        generation: u64,
        leaves_error: bool,
    ) -> (Option<Link>, Option<Failure>) {
        let End { link, may_receive, replaced } = self.core.end(generation, leaves_error);
        if may_receive {
            self.mailbox.end_life(generation);
        }
        (link, replaced)
    }

    fn ask(&self, now: PackedInstant) -> Option<Wakers> {
        let wakers = self.core.ask(now)?;
        Some(wakers.with_receiver(self.mailbox.look_up()))
    }

    fn begin_drain(&self) {
        self.mailbox.begin_drain();
    }

    fn wake_receiver(&self) {
        wake(self.mailbox.look_up());
    }

    fn close_mailbox(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)> {
        if self.mailbox.close_unused(closing) {
            return None;
        }
        self.close_used(closing)
    }

    fn queued(&self) -> usize {
        self.mailbox.len()
    }

    fn capacity(&self) -> usize {
        self.mailbox.capacity()
    }

    #[cfg(feature = "test-util")]
    fn is_open(&self) -> bool {
        self.mailbox.is_open()
    }

    fn message_type(&self) -> &'static str {
        std::any::type_name::<M>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<M: Send + 'static> Slot<M> {
    fn close_used(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)> {
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
}

impl dyn AnySlot {
    /// Closes the mailbox of a child of which no life is pending, and notes that none is.
    pub(crate) fn close(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)> {
        let leftovers = self.close_mailbox(closing);
        self.core().close();
        leftovers
    }
}

impl std::fmt::Debug for dyn AnySlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.core(), f)
    }
}
