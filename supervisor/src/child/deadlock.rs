//! Ends the wait of a life for a sibling that waits, in turn, for the end of that life.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context as TaskContext;

use crate::life::current;
use crate::slot::{NotedWait, ShutdownRequested, SlotCore};
use crate::sync::clock;

/// A deadlock between a call and the child that it calls: the caller's life is asked to stop, and
/// the child is held, that is, it starts again only after what its supervisor does now, which may be
/// to wait for the end of the caller's life.
pub(super) struct Deadlock<'a> {
    target: &'a SlotCore,
    /// The caller's life; `None` if no life makes the call, or no poll has been pending. Boxed, since
    /// most calls never wait.
    caller: Option<Box<Caller>>,
}

/// A life that waits for a child.
struct Caller {
    shutdown: ShutdownRequested,
    wait: NotedWait,
}

impl<'a> Deadlock<'a> {
    pub(super) fn new(target: &'a SlotCore) -> Self {
        Self { target, caller: None }
    }

    /// Returns `true` if the deadlock holds now.
    #[inline]
    pub(super) fn holds(&self) -> bool {
        // The usual case costs one load: the child is not held.
        self.target.is_held() && Self::caller_was_asked()
    }

    /// Returns `true` if the caller's life was asked to stop. Not inlined, so that `holds` stays small.
    #[cold]
    fn caller_was_asked() -> bool {
        current::slot().is_some_and(|slot| slot.core().was_asked())
    }

    /// Returns `true` if the deadlock holds now; has the task woken when the caller's life is asked
    /// to stop. Puts the wait on record, for snapshots.
    pub(super) fn poll(&mut self, for_answer: bool, cx: &mut TaskContext<'_>) -> bool {
        if self.caller.is_none() {
            self.caller = current::slot().map(|slot| {
                let generation = slot.core().generation();
                let wait = NotedWait::new(Arc::clone(&slot), self.target, for_answer, clock::now());
                Box::new(Caller { shutdown: ShutdownRequested::of(slot, generation), wait })
            });
        }
        let Some(caller) = &mut self.caller else { return false };
        caller.wait.is_for_answer(for_answer);
        Pin::new(&mut caller.shutdown).poll(cx).is_ready() && self.target.is_held()
    }
}

impl fmt::Debug for Deadlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlock").finish_non_exhaustive()
    }
}
