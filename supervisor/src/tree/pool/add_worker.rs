//! The future of a worker that is added to a pool.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Child, Pool};
use crate::error::SupervisorError;
use crate::supervisor::PendingAdd;

/// Future returned by [`Pool::add_worker_with`], and by [`Pool::add_worker`] on a pool whose workers
/// each get a value of their own.
#[must_use = "a worker is not added until this is awaited"]
pub struct AddWorker<'a, W: Child, V> {
    pool: &'a Pool<W, V>,
    step: Step<W>,
}

enum Step<W: Child> {
    /// The worker is not made yet.
    Value(W::Recipe),
    /// The supervisor has not answered yet.
    Adding(PendingAdd, W::Handle),
    Done,
}

impl<'a, W: Child, V> AddWorker<'a, W, V> {
    pub(super) fn new(pool: &'a Pool<W, V>, value: W::Recipe) -> Self {
        Self { pool, step: Step::Value(value) }
    }
}

/// The value and the handle are only moved out, never pinned.
impl<W: Child, V> Unpin for AddWorker<'_, W, V> {}

impl<W: Child, V> Future for AddWorker<'_, W, V> {
    type Output = Result<W::Handle, SupervisorError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut adding, handle) = match std::mem::replace(&mut self.step, Step::Done) {
            Step::Value(value) => {
                let (parts, handle) = self.pool.worker_of(value);
                (self.pool.begin_to_add(parts, &handle)?, handle)
            }
            Step::Adding(adding, handle) => (adding, handle),
            // The future was polled again after it was ready, against the contract of futures.
            Step::Done => return Poll::Pending,
        };
        match self.pool.supervisor().poll_added(&mut adding, cx) {
            Poll::Ready(added) => Poll::Ready(added.map(|()| handle)),
            Poll::Pending => {
                self.step = Step::Adding(adding, handle);
                Poll::Pending
            }
        }
    }
}

impl<W: Child, V> fmt::Debug for AddWorker<'_, W, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddWorker").finish_non_exhaustive()
    }
}
