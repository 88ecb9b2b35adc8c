//! The future that waits for another one until shutdown is requested.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::slot::ShutdownRequested;

pin_project_lite::pin_project! {
    /// Future returned by [`Context::until_shutdown`](crate::Context::until_shutdown).
    #[must_use = "futures do nothing unless awaited"]
    pub struct UntilShutdown<F> {
        shutdown: ShutdownRequested,
        #[pin]
        waiting: Waiting<F>,
    }
}

pin_project_lite::pin_project! {
    // (It is no `Option`: where `.await` is missing, the compiler would suggest the field.)
    #[project = WaitingProjection]
    enum Waiting<F> {
        For { #[pin] future: F },
        // The output was returned, or the shutdown was seen.
        Over,
    }
}

impl<F> UntilShutdown<F> {
    pub(super) fn new(shutdown: ShutdownRequested, future: F) -> Self {
        Self { shutdown, waiting: Waiting::For { future } }
    }
}

impl<F: Future> Future for UntilShutdown<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if Pin::new(this.shutdown).poll(cx).is_ready() {
            // Dropped now, and not where the caller drops this future: what it holds, such as a
            // socket, is free for the caller's clean-up.
            this.waiting.set(Waiting::Over);
            return Poll::Ready(None);
        }
        let WaitingProjection::For { future } = this.waiting.as_mut().project() else {
            return Poll::Pending;
        };
        let polled = future.poll(cx).map(Some);
        if polled.is_ready() {
            this.waiting.set(Waiting::Over);
        }
        polled
    }
}

impl<F> fmt::Debug for UntilShutdown<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilShutdown").finish_non_exhaustive()
    }
}
