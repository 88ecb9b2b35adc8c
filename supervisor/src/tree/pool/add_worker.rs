//! The future of a worker that is added to a pool, and its error, which gives the value back.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Child, ChildHandle, Pool};
use crate::error::SupervisorError;
use crate::life::LifeFactory;
use crate::runtime::{Body, Node, ShutdownOnDrop, Unplaced};
use crate::supervisor::{PendingAdd, Supervisor};
use crate::sync::{Mutex, PoisonError};
use crate::tree::Tree;

/// The error of a worker that could not be added: the reason, and the value that the worker was to be
/// made from.
///
/// A server that is full can still answer the peer, since the value has the socket:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
/// # struct Socket;
/// # impl Socket { async fn write_all(&mut self, _: &[u8]) {} }
///
/// #[derive(Child)]
/// #[child(restart = Temporary, once)]
/// struct Session { socket: Socket }
///
/// impl WorkerOnce for Session {
///     async fn run(self, ctx: Context) -> ChildResult {
///         let _socket = self.socket;
///         ctx.shutdown_requested().await;
///         Ok(())
///     }
/// }
///
/// let sessions = Supervisor::new().with_max_children(1);
/// let sessions = sessions.build_pool(ChildSpec::per_worker::<Session>("session"));
/// sessions.add_worker_with(Session { socket: Socket }).await?;
///
/// let refused = sessions.add_worker_with(Session { socket: Socket }).await.unwrap_err();
/// assert!(matches!(refused.error(), SupervisorError::MaxChildren(..)));
/// if let Some(mut session) = refused.into_value() {
///     session.socket.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
/// }
/// # Ok(())
/// # }
/// ```
///
/// `?` turns it into a [`SupervisorError`], without the value.
pub struct AddWorkerError<T> {
    error: SupervisorError,
    /// Behind a lock, so that the error is `Sync`, and `?` works, whatever the value is.
    value: Mutex<Option<T>>,
}

impl<T> AddWorkerError<T> {
    /// Returns the reason.
    #[must_use]
    pub fn error(&self) -> &SupervisorError {
        &self.error
    }

    /// Returns the value; `None` if a life of the worker has begun, which may have used it, or if the
    /// type of the worker has an `impl Child` of its own that keeps the value elsewhere.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        self.into_parts().1
    }

    /// Returns the reason, and the value as [`into_value`](Self::into_value) does.
    #[must_use]
    pub fn into_parts(self) -> (SupervisorError, Option<T>) {
        (self.error, self.value.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> From<AddWorkerError<T>> for SupervisorError {
    fn from(refused: AddWorkerError<T>) -> Self {
        refused.error
    }
}

impl<T> fmt::Display for AddWorkerError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<T> fmt::Debug for AddWorkerError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl<T> Error for AddWorkerError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

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
    Adding(PendingAdd, Made<W::Handle>),
    Done,
}

/// The handle of a worker that is being added, as the caller holds it. A caller that gives up drops it:
/// then the value of a worker that is refused is dropped, too, whoever else has the worker's address.
pub(super) struct Wanted<H: ChildHandle>(
    /// `None` only after [`into_handle`](Self::into_handle).
    Option<H>,
);

impl<H: ChildHandle> Wanted<H> {
    pub(super) fn new(handle: H) -> Self {
        Self(Some(handle))
    }

    pub(super) fn handle(&self) -> &H {
        // Only `into_handle` takes the handle, and it consumes `self`.
        self.0.as_ref().unwrap_or_else(|| unreachable!("added, and still wanted"))
    }

    /// Returns the handle of a worker that was added.
    pub(super) fn into_handle(mut self) -> H {
        self.0.take().unwrap_or_else(|| unreachable!("added twice"))
    }

    /// Takes back the value of a worker that is a task and was refused.
    pub(super) fn into_value<T: 'static>(self) -> Option<T> {
        let factory = self.handle().take_refused()?.downcast::<Arc<dyn LifeFactory>>().ok()?;
        let mut value: Option<T> = None;
        factory.give_back(&mut value);
        value
    }
}

impl<H: ChildHandle> Drop for Wanted<H> {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            drop(handle.take_refused());
        }
    }
}

/// A worker that was made of a value, as the caller holds it.
pub(super) struct Made<H: ChildHandle> {
    pub(super) handle: Wanted<H>,
    /// The supervisor of a worker that is a tree, and what keeps the tree alive until it is added.
    tree: Option<(Arc<Node>, Option<Arc<ShutdownOnDrop>>)>,
}

impl<H: ChildHandle> Made<H> {
    pub(super) fn of(body: &Unplaced, handle: H) -> Self {
        let tree = match &**body {
            Body::Task { .. } => None,
            Body::Supervisor { node, .. } => Some((Arc::clone(node), body.keeper())),
        };
        Self { handle: Wanted::new(handle), tree }
    }

    /// Takes back the value of a worker that was refused.
    pub(super) fn into_value<T: 'static>(self) -> Option<T> {
        let Some((node, keeper)) = self.tree else { return self.handle.into_value() };
        // A refused tree is a root again.
        let mut value: Option<T> = None;
        let to: &mut dyn Any = &mut value;
        if let Some(to) = to.downcast_mut::<Option<Tree<H>>>() {
            let handle = self.handle.into_handle();
            *to = Some(Tree::new(Supervisor::kept_by(node, keeper), handle));
        }
        value
    }
}

impl<'a, W: Child, V> AddWorker<'a, W, V> {
    pub(super) fn new(pool: &'a Pool<W, V>, value: W::Recipe) -> Self {
        Self { pool, step: Step::Value(value) }
    }
}

/// The value and the handle are only moved out, never pinned.
impl<W: Child, V> Unpin for AddWorker<'_, W, V> {}

impl<W: Child<Recipe: 'static>, V> Future for AddWorker<'_, W, V> {
    type Output = Result<W::Handle, AddWorkerError<W::Recipe>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let refused = |error, made: Made<W::Handle>| {
            Poll::Ready(Err(AddWorkerError { error, value: Mutex::new(made.into_value()) }))
        };
        let (mut adding, made) = match std::mem::replace(&mut self.step, Step::Done) {
            Step::Value(value) => {
                let (parts, handle) = self.pool.worker_of(value);
                let made = Made::of(&parts.body, handle);
                match self.pool.begin_to_add(parts, made.handle.handle()) {
                    Ok(adding) => (adding, made),
                    Err(error) => return refused(error, made),
                }
            }
            Step::Adding(adding, made) => (adding, made),
            // The future was polled again after it was ready, against the contract of futures.
            Step::Done => return Poll::Pending,
        };
        match self.pool.supervisor().poll_added(&mut adding, cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(made.handle.into_handle())),
            Poll::Ready(Err(error)) => refused(error, made),
            Poll::Pending => {
                self.step = Step::Adding(adding, made);
                Poll::Pending
            }
        }
    }
}

not_awaited!(['a, W: Child<Recipe: 'static>, V] AddWorker<'a, W, V>);

impl<W: Child, V> fmt::Debug for AddWorker<'_, W, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddWorker").finish_non_exhaustive()
    }
}
