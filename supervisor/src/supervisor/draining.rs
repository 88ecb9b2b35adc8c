//! The drain of the tree, as a child sees it: the tree was asked to stop, and the child goes on.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use super::lookup::node_of;
use crate::child::Context;
use crate::runtime::Node;
use crate::slot::ShutdownRequested;

impl<M: Send + 'static> Context<M> {
    /// Returns `true` once the tree was asked to stop: while it
    /// [drains](crate::guide::stopping), and from then on.
    ///
    /// During the drain the child goes on, and the tree is not ready. A child can use this to begin
    /// no long work, or to leave work to other replicas. Without a drain, the result differs from
    /// [`is_shutdown_requested`](Self::is_shutdown_requested) only while the tree is stopping and
    /// this child's turn has not come yet.
    ///
    /// The call looks at the root of the tree. Code that asks often, such as for each request, should
    /// await [`drain_requested`](Self::drain_requested) once and set a flag.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use std::time::Duration;
    /// use supervisor::prelude::*;
    /// # async fn next_job() -> u32 { tokio::time::sleep(Duration::from_secs(1)).await; 7 }
    ///
    /// async fn consumer(ctx: Context) -> ChildResult {
    ///     while let Some(job) = ctx.until_shutdown(next_job()).await {
    ///         if ctx.is_drain_requested() {
    ///             println!("job {job} goes back to the queue, for another replica");
    ///             break;
    ///         }
    ///     }
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// }
    ///
    /// let consumer = ChildSpec::new("consumer").with_task(consumer);
    /// let supervisor = Supervisor::new()
    ///     .with_drain(Duration::from_secs(5))
    ///     .with_child(consumer)
    ///     .build();
    /// supervisor.start().await?;
    /// assert!(supervisor.shutdown().await?.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_drain_requested(&self) -> bool {
        self.is_shutdown_requested()
            || root_of(self).is_none_or(|root| root.stops().asked().is_some())
    }

    /// Completes when the tree is asked to stop: when it begins to [drain](crate::guide::stopping), or,
    /// without a drain, to stop. It also completes when this child alone is asked to stop, and when
    /// the life ends in any other way.
    ///
    /// The future borrows nothing.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the future can be dropped, and this called again, at any time.
    pub fn drain_requested(&self) -> DrainRequested {
        DrainRequested { stop: self.shutdown_requested(), root: root_of(self), waiting: None }
    }
}

fn root_of<M>(ctx: &Context<M>) -> Option<Arc<Node>> {
    node_of(ctx.owner()).map(|node| node.root())
}

/// Future returned by [`Context::drain_requested`].
#[must_use = "nothing is waited for until it is awaited"]
pub struct DrainRequested {
    stop: ShutdownRequested,
    /// `None` if there is nothing more to wait for.
    root: Option<Arc<Node>>,
    waiting: Option<u64>,
}

impl Future for DrainRequested {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.get_mut();
        let is_stopped = Pin::new(&mut this.stop).poll(cx).is_ready();
        match &this.root {
            Some(root) if !is_stopped => root.stops().poll_asked(&mut this.waiting, cx.waker()),
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for DrainRequested {
    fn drop(&mut self) {
        if let (Some(root), Some(number)) = (&self.root, self.waiting) {
            root.stops().forget_waiting(number);
        }
    }
}

impl fmt::Debug for DrainRequested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainRequested").finish_non_exhaustive()
    }
}
