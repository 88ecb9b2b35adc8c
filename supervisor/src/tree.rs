//! The declaration of a tree: children, specifications, builders, pools.

mod builder;
mod child;
mod child_spec;
mod elsewhere;
mod erased_handle;
mod partitioned;
mod pool;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

pub use self::builder::SupervisorBuilder;
pub use self::child::{
    Child, ChildHandle, DefaultRecipe, LongLived, SharedValue, WorkerOf, WorkerOnceOf,
    WorkerOnceSpec, WorkerSpec,
};
pub use self::child_spec::{
    AddChild, ChildSpec, PerWorkerTemplate, Ready, Runnable, SharedTemplate, Specification, Unset,
};
pub use self::erased_handle::ErasedHandle;
#[cfg(feature = "lease")]
pub(crate) use self::partitioned::entry_of_hash;
pub use self::partitioned::{Partition, Partitioned, stable_hash};
pub use self::pool::{
    AddWorker, AddWorkerError, AddWorkersError, DefaultValue, FnWorker, OwnValue, PerWorker, Pool,
    PoolTemplate, Shared, TemplateParts, WorkerValues,
};
use crate::error::SupervisorError;
use crate::supervisor::Supervisor;

/// A tree that is declared and not started: the supervisor with its children, and the tree's typed
/// handle `H`.
///
/// A tree can be started, or be a child of another tree. If it is dropped without either, the
/// messages that were sent to its children come back to the senders.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// async fn worker(ctx: Context) -> ChildResult {
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// let tree = supervision_tree! { one_for_all { sub: one_for_one { worker: Always } } };
/// let handle = tree.start().await?;
/// assert_eq!(handle.sub().worker().path(), "sub/worker");
/// handle.supervisor().shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a tree does nothing until it is started or given to a supervisor"]
pub struct Tree<H> {
    supervisor: Supervisor,
    handle: H,
}

// There are no bounds on `H`: where the handle of a child's type is already an error, a bound would
// report a second one.
impl<H> Tree<H> {
    /// Pairs a supervisor that was built, and not started, with its typed handle.
    pub fn new(supervisor: Supervisor, handle: H) -> Self {
        Self { supervisor, handle }
    }

    /// Returns the typed handle, which [`start`](Self::start) gives to the tree's owner.
    pub fn handle(&self) -> &H {
        &self.handle
    }

    /// Returns the tree's supervisor.
    #[cfg(feature = "test-util")]
    pub(crate) fn as_supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Starts the tree, and returns its typed handle.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::start`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the tree's only handle, so that children already started are shut
    /// down.
    pub fn start(self) -> Starting<H> {
        let Self { supervisor, handle } = self;
        let started = Box::pin(async move { supervisor.start().await });
        Starting { started, handle: Some(handle) }
    }

    /// Turns the tree into the specification of a child of another tree.
    pub fn into_spec(self, name: &str) -> ChildSpec<Ready<H>> {
        ChildSpec::new(name).with_tree(self.supervisor, self.handle)
    }
}

/// A tree that is awaited is started: `Shop::tree().await?` is `Shop::start().await?`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// let idle = async |ctx: Context| {
///     ctx.shutdown_requested().await;
///     Ok(())
/// };
/// let handle = supervision_tree! { one_for_one { idle: Always = idle } }.await?;
/// # handle.supervisor().shutdown().await.map(drop)
/// # }
/// ```
impl<H> IntoFuture for Tree<H> {
    type Output = Result<H, SupervisorError>;
    type IntoFuture = Starting<H>;

    fn into_future(self) -> Starting<H> {
        self.start()
    }
}

/// The tree's supervisor, without the typed handle.
impl<H> From<Tree<H>> for Supervisor {
    fn from(tree: Tree<H>) -> Self {
        tree.supervisor
    }
}

impl<H: fmt::Debug> fmt::Debug for Tree<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("handle", &self.handle).finish_non_exhaustive()
    }
}

/// Future returned by [`Tree::start`] and by a named tree's `start`.
///
/// The future is `'static` and `Send`: it can be spawned, and borrows nothing of the tree's
/// parameters.
#[must_use = "a tree does not start until this is awaited"]
pub struct Starting<H> {
    started: Pin<Box<dyn Future<Output = Result<(), SupervisorError>> + Send>>,
    /// The future's output, taken when the tree has started.
    handle: Option<H>,
}

/// The handle is only moved out, never pinned.
impl<H> Unpin for Starting<H> {}

impl<H> Future for Starting<H> {
    type Output = Result<H, SupervisorError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        ready!(self.started.as_mut().poll(cx))?;
        match self.handle.take() {
            Some(handle) => Poll::Ready(Ok(handle)),
            // The future was polled again after it was ready, against the contract of futures.
            None => Poll::Pending,
        }
    }
}

not_awaited!([H] Starting<H>);

impl<H> fmt::Debug for Starting<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Starting").finish_non_exhaustive()
    }
}
