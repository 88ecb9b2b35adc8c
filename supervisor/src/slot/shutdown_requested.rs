//! The future that waits for a life's shutdown signal.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use super::AnySlot;
use super::waiters::WaiterNumber;

/// Future returned by [`Context::shutdown_requested`](crate::Context::shutdown_requested).
#[must_use = "futures do nothing unless awaited"]
pub struct ShutdownRequested {
    slot: Arc<dyn AnySlot>,
    generation: u64,
    waiting: Option<WaiterNumber>,
}

impl ShutdownRequested {
    /// Waits for the shutdown signal of this life, without marking the signal as checked by the
    /// life.
    pub(crate) fn of(slot: Arc<dyn AnySlot>, generation: u64) -> Self {
        Self { slot, generation, waiting: None }
    }
}

impl Future for ShutdownRequested {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.get_mut();
        let polled = this.slot.core().poll_asked(this.generation, &mut this.waiting, cx.waker());
        if polled.is_ready() {
            // The request, or the end of the life, has taken all waiting futures, so there is none
            // to be removed in `drop`.
            this.waiting = None;
        }
        polled
    }
}

impl Drop for ShutdownRequested {
    fn drop(&mut self) {
        if let Some(number) = self.waiting {
            self.slot.core().forget_waiting(self.generation, number);
        }
    }
}

impl fmt::Debug for ShutdownRequested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownRequested").finish_non_exhaustive()
    }
}
