//! The future that waits for a child's end for good.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use super::AnySlot;
use super::waiters::WaiterNumber;
use crate::spec::ExitReason;

/// Future returned by [`ChildRef::ended`](crate::ChildRef::ended).
#[must_use = "futures do nothing unless awaited"]
pub struct Ended {
    slot: Arc<dyn AnySlot>,
    waiting: Option<WaiterNumber>,
}

impl Ended {
    pub(crate) fn of(slot: Arc<dyn AnySlot>) -> Self {
        Self { slot, waiting: None }
    }
}

impl Future for Ended {
    type Output = Option<ExitReason>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<ExitReason>> {
        let this = self.get_mut();
        this.slot.core().poll_over(&mut this.waiting, cx.waker())
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(number) = self.waiting {
            self.slot.core().forget_end_waiting(number);
        }
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").finish_non_exhaustive()
    }
}
