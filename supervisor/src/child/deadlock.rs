//! Ends the wait of a life for a sibling that waits, in turn, for the end of that life.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::Context as TaskContext;

use crate::life::current;
use crate::slot::{ShutdownRequested, SlotCore};

/// A deadlock between a call and the child that it calls: the caller's life is asked to stop, and
/// the child is held, that is, it starts again only after the caller's life has ended.
pub(super) struct Deadlock<'a> {
    target: &'a SlotCore,
    /// The caller's shutdown signal; `Outside` if no life makes the call.
    caller: Caller,
}

enum Caller {
    /// Not looked up yet: no poll has been pending.
    Unknown,
    Outside,
    Life(ShutdownRequested),
}

impl<'a> Deadlock<'a> {
    pub(super) fn new(target: &'a SlotCore) -> Self {
        Self { target, caller: Caller::Unknown }
    }

    /// Returns `true` if the deadlock holds now.
    pub(super) fn holds(&self) -> bool {
        // The usual case costs one load: the child is not held.
        self.target.is_held() && current::slot().is_some_and(|slot| slot.core().was_asked())
    }

    /// Returns `true` if the deadlock holds now; has the task woken when the caller's life is asked
    /// to stop.
    pub(super) fn poll(&mut self, cx: &mut TaskContext<'_>) -> bool {
        if matches!(self.caller, Caller::Unknown) {
            self.caller = current::slot().map_or(Caller::Outside, |slot| {
                let generation = slot.core().generation();
                Caller::Life(ShutdownRequested::of(slot, generation))
            });
        }
        let Caller::Life(shutdown) = &mut self.caller else { return false };
        Pin::new(shutdown).poll(cx).is_ready() && self.target.is_held()
    }
}

impl fmt::Debug for Deadlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlock").finish_non_exhaustive()
    }
}
