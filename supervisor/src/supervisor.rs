//! The handle of a supervisor.

mod adding;
mod draining;
mod elsewhere;
mod health;
mod lookup;
mod queries;
#[cfg(feature = "signal")]
mod run;
mod scan;
mod stopping;
mod views;
mod weak;

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

pub(crate) use self::adding::{PendingAdd, PendingAddMany};
pub use self::draining::DrainRequested;
pub use self::health::HealthChanges;
pub use self::lookup::LookupError;
#[cfg(feature = "test-util")]
pub(crate) use self::lookup::find;
pub(crate) use self::lookup::node_of;
#[cfg(feature = "signal")]
pub use self::run::{IntoTree, Run, run};
pub use self::scan::{Scan, ScannedChild, Slice};
pub use self::weak::WeakSupervisor;
use crate::catch::catch_panic;
use crate::child::AnyChildRef;
use crate::engine::{Answer, Subject, Verb};
use crate::error::SupervisorError;
use crate::inbox::Inbox;
use crate::life::reentry::{
    calling_child, child_would_wait_for_itself, supervisor_would_wait_for_itself,
};
use crate::observe::Events;
use crate::runtime::{Node, NodeState, ShutdownOnDrop, SupervisorRun};
use crate::slot::AnySlot;
use crate::spec::{ChildPath, ExitReason, Name, SupervisionStrategy};

/// A supervisor: it starts its children in order, restarts them by their policies, and stops
/// them in reverse order.
///
/// This is a handle; a clone is the same supervisor. It is built without a runtime, and starts
/// with [`start`](Self::start), with the first [`add_child`](Self::add_child), or with the
/// supervisor that it is given to. When the last handle of a supervisor that has no parent is
/// dropped, it shuts down in order; the handles of nested supervisors keep nothing alive.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use std::time::Duration;
/// use supervisor::prelude::*;
///
/// let supervisor = Supervisor::new()
///     .with_strategy(SupervisionStrategy::OneForOne)
///     .with_max_restarts(5)
///     .with_restart_window(Duration::from_secs(60))
///     .build();
/// let worker = ChildSpec::new("worker").with_task(async |ctx: Context| {
///     ctx.shutdown_requested().await;
///     Ok(())
/// });
/// supervisor.add_child(worker).await?;
/// assert_eq!(supervisor.count_children().await?.active, 1);
/// supervisor.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Every call is answered: a supervisor that is stopping, has ended, or waits to be restarted
/// refuses at once with [`SupervisorError::ShuttingDown`], [`Ended`](SupervisorError::Ended) or
/// [`NotRunning`](SupervisorError::NotRunning).
#[derive(Clone)]
pub struct Supervisor {
    node: Arc<Node>,
    /// The guard that the handles of a root share, and that keeps the root alive.
    keeper: Option<Arc<ShutdownOnDrop>>,
}

impl Supervisor {
    /// Makes the first handle of a supervisor, which keeps it alive.
    pub(crate) fn from_node(node: Arc<Node>) -> Self {
        let keeper = Some(ShutdownOnDrop::new(Arc::clone(&node)));
        Self { node, keeper }
    }

    /// Makes a handle that keeps nothing alive.
    pub(crate) fn observing(node: Arc<Node>) -> Self {
        Self { node, keeper: None }
    }

    /// Makes a handle of a root that this guard keeps alive.
    pub(crate) fn kept_by(node: Arc<Node>, keeper: Option<Arc<ShutdownOnDrop>>) -> Self {
        Self { node, keeper }
    }

    /// Returns the guard that keeps a root alive, if this handle has one.
    pub(crate) fn into_keeper(self) -> Option<Arc<ShutdownOnDrop>> {
        self.keeper
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Returns the supervisor's path: `/` for a root.
    #[must_use]
    pub fn path(&self) -> ChildPath {
        self.node.path()
    }

    /// Starts the supervisor, and returns when all its children have started.
    ///
    /// Children start in the order in which they were declared, each when the previous one has
    /// started. A supervisor that has started already is not started a second time.
    ///
    /// # Errors
    ///
    /// - [`Ended`](SupervisorError::Ended): a child did not start, those started before it were
    ///   stopped in reverse order, and the error has the child's path and reason; or the supervisor,
    ///   or one that is declared as its child, had ended before;
    /// - [`InvalidSpec`](SupervisorError::InvalidSpec): the declaration breaks a rule, and nothing
    ///   was started; [`Cycle`](SupervisorError::Cycle) or
    ///   [`AlreadySupervised`](SupervisorError::AlreadySupervised): a supervisor that is declared as
    ///   a child cannot be one here;
    /// - [`ShuttingDown`](SupervisorError::ShuttingDown): a shutdown ended the start;
    /// - [`NotRunning`](SupervisorError::NotRunning): the supervisor has a parent, which starts it;
    /// - [`NoRuntime`](SupervisorError::NoRuntime): this is not called within a tokio runtime with
    ///   timers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not stop the start, unless it held the last handle.
    pub async fn start(&self) -> Result<(), SupervisorError> {
        let Some(started) = self.node.start_root()? else { return Ok(()) };
        if started.await.is_ok() {
            return Ok(());
        }
        Err(match self.node.state() {
            // No child failed: a shutdown ended the start.
            NodeState::Ended { reason: ExitReason::Shutdown } => {
                SupervisorError::ShuttingDown(self.path())
            }
            _ => self.node.unavailable(),
        })
    }

    /// Adds a worker that is made from the pool's template. OTP's `start_child` of a
    /// `simple_one_for_one`.
    ///
    /// # Errors
    ///
    /// - [`NotSimpleOneForOne`](SupervisorError::NotSimpleOneForOne): this supervisor has no
    ///   template;
    /// - [`NoTemplateValue`](SupervisorError::NoTemplateValue): each worker needs a value of its own;
    /// - [`MaxChildren`](SupervisorError::MaxChildren): the pool has as many workers as it may have;
    /// - [`StartFailed`](SupervisorError::StartFailed), [`Declined`](SupervisorError::Declined): the
    ///   worker did not start, or declined, and is forgotten;
    /// - those of [`start`](Self::start), if the pool has not been started.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn add_worker(&self) -> Result<AnyChildRef, SupervisorError> {
        let parts = self.worker_like_others()?;
        let worker = AnyChildRef::new(Arc::clone(parts.body.slot()));
        self.add_parts(parts).await.map(|()| worker)
    }

    /// Stops a child, and keeps its spec unless the child is `Temporary`. A pool's worker is
    /// forgotten; its name is `#` and its number.
    ///
    /// For a child that is down already the result is `Ok`; a child that waits for a restart is not
    /// restarted.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound); of a pool, whose workers have numbers only,
    /// [`SimpleOneForOne`](SupervisorError::SimpleOneForOne);
    /// [`StillRunning`](SupervisorError::StillRunning) if the child blocks its thread;
    /// [`FromInside`](SupervisorError::FromInside) if a task of that child, or below, calls.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn terminate_child(&self, name: &str) -> Result<(), SupervisorError> {
        match self.request(name, Verb::Terminate).await {
            // A worker that has ended is forgotten. Its number is not reused, so that a number that
            // was given and is not found is that of a worker that is down.
            Err(SupervisorError::NotFound(_)) if self.node.has_numbered(name) => Ok(()),
            result => result,
        }
    }

    /// Starts a child that is down. OTP's `restart_child`; the start is not counted as a restart.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound), [`Running`](SupervisorError::Running),
    /// [`Restarting`](SupervisorError::Restarting),
    /// [`StartFailed`](SupervisorError::StartFailed), [`Declined`](SupervisorError::Declined);
    /// [`SimpleOneForOne`](SupervisorError::SimpleOneForOne) of a pool;
    /// [`StillRunning`](SupervisorError::StillRunning) if the child could not be stopped and blocks
    /// its thread; [`FromInside`](SupervisorError::FromInside) if a task of that child, or below,
    /// calls.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn restart_child(&self, name: &str) -> Result<(), SupervisorError> {
        self.request(name, Verb::Restart).await
    }

    /// Removes the spec of a child that is down.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound), [`Running`](SupervisorError::Running),
    /// [`Restarting`](SupervisorError::Restarting);
    /// [`SimpleOneForOne`](SupervisorError::SimpleOneForOne) of a pool;
    /// [`StillRunning`](SupervisorError::StillRunning) if the child could not be stopped and blocks
    /// its thread; [`FromInside`](SupervisorError::FromInside) if a task of that child, or below,
    /// calls.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn delete_child(&self, name: &str) -> Result<(), SupervisorError> {
        self.request(name, Verb::Delete).await
    }

    /// Sends an order about one child, and waits for its answer; fails with `FromInside` in a task
    /// of that child.
    async fn request(&self, name: &str, verb: Verb) -> Result<(), SupervisorError> {
        let name = Name::parse(name);
        if supervisor_would_wait_for_itself(&*self.node)
            && let Some(slot) = self.child_slot(name.clone()).await?
            && child_would_wait_for_itself(&*slot)
        {
            return Err(SupervisorError::FromInside(self.path().join(&name)));
        }
        let inbox = self.inbox()?;
        let caller = calling_child(&inbox);
        let answer = inbox.request(Subject::Name(name.clone()), verb, caller);
        self.answered(answer, &name).await
    }

    /// Waits for the answer to an order or an addition of this child.
    pub(crate) async fn answered(
        &self,
        answer: oneshot::Receiver<Answer>,
        child: &Name,
    ) -> Result<(), SupervisorError> {
        self.outcome(answer.await, child)
    }

    /// Turns the answer to an order about a child into a result; it is an error if the supervisor
    /// has dropped the order.
    fn outcome(
        &self,
        answer: Result<Answer, oneshot::error::RecvError>,
        child: &Name,
    ) -> Result<(), SupervisorError> {
        match answer {
            Ok(answer) => SupervisorError::check(answer, || (self.path().join(child), self.path())),
            Err(_) => Err(self.node.unavailable()),
        }
    }

    async fn child_slot(&self, name: Name) -> Result<Option<Arc<dyn AnySlot>>, SupervisorError> {
        self.query(move |run| {
            let key = run.engine.find(&name)?;
            Some(Arc::clone(run.engine.child(key)?.data.slot()))
        })
        .await
    }

    /// Subscribes to the events of this supervisor and of all below it, from now on. A subscription
    /// made before the start misses nothing.
    pub fn events(&self) -> Events {
        self.node.subscribe()
    }

    /// Waits until the supervisor has ended and will not be started again.
    ///
    /// # Errors
    ///
    /// [`Ended`](SupervisorError::Ended) if the supervisor did not end by a graceful shutdown, with
    /// the path and the reason of the failure that made it give up.
    /// [`FromInside`](SupervisorError::FromInside) if a task below this supervisor calls.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn wait(&self) -> Result<(), SupervisorError> {
        if supervisor_would_wait_for_itself(&*self.node) {
            return Err(SupervisorError::FromInside(self.path()));
        }
        if let Some(end) = self.node.end() {
            let _ = end.await;
        }
        match self.node.state() {
            NodeState::Ended { reason } | NodeState::Down { reason, .. }
                if reason.is_abnormal() =>
            {
                Err(SupervisorError::Ended(self.path(), reason))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn strategy(&self) -> SupervisionStrategy {
        self.node.rules().strategy
    }

    /// Returns the inbox of the running life.
    pub(crate) fn inbox(&self) -> Result<Arc<Inbox>, SupervisorError> {
        self.node.inbox().ok_or_else(|| self.node.unavailable())
    }

    /// Calls a function with the running supervisor's state, also while it starts, stops or backs
    /// off.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SupervisorRun) -> T + Send + 'static,
    ) -> Result<T, SupervisorError> {
        let inbox = self.inbox()?;
        self.query_life(&inbox, read).await
    }

    /// As [`query`](Self::query), of the life with this inbox.
    async fn query_life<T: Send + 'static>(
        &self,
        inbox: &Inbox,
        read: impl FnOnce(&mut SupervisorRun) -> T + Send + 'static,
    ) -> Result<T, SupervisorError> {
        let (sender, receiver) = oneshot::channel();
        let visit = SupervisorRun::visit(move |run| {
            if let Some(run) = run {
                let answer = read(run);
                // The waker of the caller is foreign code, and this is the supervisor's task.
                catch_panic(|| drop(sender.send(answer)));
            }
        });
        if inbox.push(visit).is_err() {
            return Err(self.node.unavailable());
        }
        receiver.await.map_err(|_| self.node.unavailable())
    }
}

/// A function that takes `impl AsRef<Supervisor>` takes the handle of a tree, of a part of a tree,
/// or of a pool, too.
impl AsRef<Self> for Supervisor {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.node.label())
            .field("path", &self.path().as_str())
            .field("keeps", &self.keeper.is_some())
            .finish_non_exhaustive()
    }
}
