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
        // `None` once the output was returned, or the shutdown was seen.
        #[pin]
        future: Option<F>,
    }
}

impl<F> UntilShutdown<F> {
    pub(super) fn new(shutdown: ShutdownRequested, future: F) -> Self {
        Self { shutdown, future: Some(future) }
    }
}

impl<F: Future> Future for UntilShutdown<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if Pin::new(this.shutdown).poll(cx).is_ready() {
            // Dropped now, and not where the caller drops this future: what it holds, such as a
            // socket, is free for the caller's clean-up.
            this.future.set(None);
            return Poll::Ready(None);
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = future.poll(cx).map(Some);
        if polled.is_ready() {
            this.future.set(None);
        }
        polled
    }
}

impl<F> fmt::Debug for UntilShutdown<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilShutdown").finish_non_exhaustive()
    }
}
