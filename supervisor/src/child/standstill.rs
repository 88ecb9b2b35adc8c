//! Ends the wait of a life for a sibling that waits, in turn, for the end of that life.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::Context as TaskContext;

use crate::life::current;
use crate::slot::{ShutdownRequested, SlotCore};

/// The standstill that a call inside a life is in when two things are true: the life is asked to
/// stop, and the child that it calls is held, that is, starts again only after a stop which this
/// life is a part of.
pub(super) struct Standstill<'a> {
    target: &'a SlotCore,
    /// The shutdown signal of the life that the call is made in; `Outside` of any life.
    caller: Caller,
}

enum Caller {
    /// No poll has had to wait.
    Unknown,
    Outside,
    Life(ShutdownRequested),
}

impl<'a> Standstill<'a> {
    pub(super) fn new(target: &'a SlotCore) -> Self {
        Self { target, caller: Caller::Unknown }
    }

    /// Returns `true` if the caller and the child stand still now.
    pub(super) fn is_there(&self) -> bool {
        // The usual case costs one load: the child is not held.
        self.target.is_held() && current::slot().is_some_and(|slot| slot.core().was_asked())
    }

    /// Returns `true` if the caller and the child stand still now; has the task woken when the life
    /// is asked to stop.
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

impl fmt::Debug for Standstill<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standstill").finish_non_exhaustive()
    }
}
