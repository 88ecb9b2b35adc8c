//! The handle of a supervisor.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tokio::sync::oneshot;

use crate::builder::SupervisorBuilder;
use crate::child_ref::AnyChildRef;
use crate::child_spec::{ChildSpec, Runnable};
use crate::driver::{Link, Message, Reign, Reply, Seat};
use crate::engine::{Answer, Command, Event, Subject};
use crate::error::SupervisorError;
use crate::exit::ExitReason;
use crate::hub::Events;
use crate::inbox::Inbox;
use crate::inside::{is_inside_child, is_inside_supervisor};
use crate::node::{Node, Phase};
use crate::path::{ChildPath, Name};
use crate::report::ShutdownReport;
use crate::strategy::SupervisionStrategy;

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
    /// Shared by the handles that keep a root alive.
    keep: Option<Arc<Keep>>,
}

/// Keeps a root alive: dropped for the last time, the root shuts down.
pub(crate) struct Keep(Arc<Node>);

impl Drop for Keep {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Supervisor {
    /// Begins to build a supervisor.
    #[expect(clippy::new_ret_no_self, reason = "the name that users of the field know")]
    pub fn new() -> SupervisorBuilder {
        SupervisorBuilder::new()
    }

    pub(crate) fn from_node(node: Arc<Node>) -> Self {
        let keep = Some(Arc::new(Keep(Arc::clone(&node))));
        Self { node, keep }
    }

    /// A handle that keeps nothing alive.
    pub(crate) fn observing(node: Arc<Node>) -> Self {
        Self { node, keep: None }
    }

    /// What keeps the supervisor alive.
    pub(crate) fn into_keep(self) -> Option<Arc<Keep>> {
        self.keep
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The supervisor's path: `/` for a root.
    #[must_use]
    pub fn path(&self) -> ChildPath {
        self.node.path()
    }

    /// Starts the supervisor, and returns when all its children have started.
    ///
    /// Children start in the order in which they were declared, each when the previous one has
    /// started. One that has started already is started no second time.
    ///
    /// # Errors
    ///
    /// If a child does not start, those started before it are stopped in reverse order, and the
    /// error is [`Ended`](SupervisorError::Ended) with the child's path and reason. A shutdown
    /// during the start makes it [`ShuttingDown`](SupervisorError::ShuttingDown). Outside a
    /// tokio runtime with timers it is [`NoRuntime`](SupervisorError::NoRuntime).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not stop the start, unless it held the last handle.
    pub async fn start(&self) -> Result<(), SupervisorError> {
        let Some(started) = self.node.start_root()? else { return Ok(()) };
        if started.await.is_ok() {
            return Ok(());
        }
        Err(match self.node.phase() {
            // It did not fail: a shutdown was faster.
            Phase::Ended(ExitReason::Shutdown) => SupervisorError::ShuttingDown(self.path()),
            _ => self.node.unavailable(),
        })
    }

    /// Adds a child and starts it; it is the last in start order. Starts the supervisor first,
    /// if it has not been started. OTP's `start_child`.
    ///
    /// # Errors
    ///
    /// - [`AlreadyStarted`](SupervisorError::AlreadyStarted),
    ///   [`AlreadyPresent`](SupervisorError::AlreadyPresent): a child of this name is known;
    /// - [`StartFailed`](SupervisorError::StartFailed): it did not start, and its spec is not
    ///   kept;
    /// - [`Declined`](SupervisorError::Declined): it declined; its spec is kept unless it is
    ///   `Temporary`;
    /// - [`SimpleOneForOne`](SupervisorError::SimpleOneForOne): this supervisor has workers only;
    /// - [`InvalidSpec`](SupervisorError::InvalidSpec),
    ///   [`AlreadySupervised`](SupervisorError::AlreadySupervised),
    ///   [`Cycle`](SupervisorError::Cycle): the spec cannot be used here.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub fn add_child<S>(&self, spec: ChildSpec<S>) -> AddChild<S::Handle>
    where
        S: Runnable<Handle: Send + 'static>,
    {
        let (parts, handle) = S::into_parts(spec);
        let this = self.clone();
        AddChild(Box::pin(async move {
            if this.strategy() == SupervisionStrategy::SimpleOneForOne {
                return Err(SupervisorError::SimpleOneForOne(this.path()));
            }
            this.add(parts).await.map(|()| handle)
        }))
    }

    /// Adds a worker like the others, made from the template. OTP's `start_child` of a
    /// `simple_one_for_one`.
    ///
    /// # Errors
    ///
    /// Those of [`add_child`](Self::add_child), and
    /// [`MaxChildren`](SupervisorError::MaxChildren),
    /// [`NotSimpleOneForOne`](SupervisorError::NotSimpleOneForOne),
    /// [`NoTemplateValue`](SupervisorError::NoTemplateValue).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn add_worker(&self) -> Result<AnyChildRef, SupervisorError> {
        let parts = self.worker_like_others()?;
        let worker = AnyChildRef::new(Arc::clone(parts.body.slot()));
        self.add(parts).await.map(|()| worker)
    }

    /// Stops a child, and keeps its spec unless it is `Temporary`. A pool's worker is forgotten;
    /// its name is `#` and its number.
    ///
    /// A child that is down already is an `Ok`; one that waits for a restart waits no longer.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound); of a pool, whose workers have numbers only,
    /// [`SimpleOneForOne`](SupervisorError::SimpleOneForOne);
    /// [`StillRunning`](SupervisorError::StillRunning) if it blocks its thread;
    /// [`FromInside`](SupervisorError::FromInside) if a task of that child, or below, calls.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn terminate_child(&self, name: &str) -> Result<(), SupervisorError> {
        match self.command(name, Command::Terminate).await {
            // A worker that has ended is down, and forgotten: numbers are not used again.
            Err(SupervisorError::NotFound(_)) if self.node.has_numbered(name) => Ok(()),
            result => result,
        }
    }

    /// Starts a child that is down. OTP's `restart_child`; not counted as a restart.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound), [`Running`](SupervisorError::Running),
    /// [`Restarting`](SupervisorError::Restarting),
    /// [`StartFailed`](SupervisorError::StartFailed), [`Declined`](SupervisorError::Declined),
    /// [`SimpleOneForOne`](SupervisorError::SimpleOneForOne).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn restart_child(&self, name: &str) -> Result<(), SupervisorError> {
        self.command(name, Command::Restart).await
    }

    /// Removes the spec of a child that is down.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound), [`Running`](SupervisorError::Running),
    /// [`Restarting`](SupervisorError::Restarting),
    /// [`SimpleOneForOne`](SupervisorError::SimpleOneForOne).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn delete_child(&self, name: &str) -> Result<(), SupervisorError> {
        self.command(name, Command::Delete).await
    }

    async fn command(
        &self,
        name: &str,
        make: fn(Subject, Reply) -> Command<Seat, Reply>,
    ) -> Result<(), SupervisorError> {
        let name = Name::parse(name);
        if is_inside_supervisor(&self.node)
            && self.child(name.clone()).await?.is_some_and(|slot| is_inside_child(slot.core()))
        {
            return Err(SupervisorError::FromInside(self.path().join(&name)));
        }
        let inbox = self.inbox()?;
        let (reply, answer) = oneshot::channel();
        let command = make(Subject::Name(name.clone()), reply);
        if inbox.push(Message::Event(Event::Command(Box::new(command)))).is_err() {
            return Err(self.node.unavailable());
        }
        self.answered(answer, &name).await
    }

    pub(crate) async fn answered(
        &self,
        answer: oneshot::Receiver<Answer>,
        child: &Name,
    ) -> Result<(), SupervisorError> {
        // A path is put together for an error only.
        let path = || self.path().join(child);
        match answer.await {
            Ok(Answer::Done | Answer::Added(..)) => Ok(()),
            Ok(Answer::Declined) => Err(SupervisorError::Declined(path())),
            Ok(Answer::Refused(refusal)) => {
                Err(SupervisorError::refused(refusal, path(), self.path()))
            }
            Err(_) => Err(self.node.unavailable()),
        }
    }

    async fn child(
        &self,
        name: Name,
    ) -> Result<Option<Arc<dyn crate::slot::AnySlot>>, SupervisorError> {
        self.query(move |reign| {
            let key = reign.engine.find(&name)?;
            Some(Arc::clone(reign.engine.child(key)?.data.slot()))
        })
        .await
    }

    /// Subscribes to what happens to this supervisor and all below it, from now on. Subscribing
    /// before the start misses nothing.
    pub fn events(&self) -> Events {
        loop {
            let root = self.node.root();
            let events = root.hub().subscribe(self.path());
            // An adoption in between has left the subscription behind.
            if Arc::ptr_eq(&root, &self.node.root()) {
                return events;
            }
        }
    }

    /// Stops all children in reverse start order, then the supervisor, and returns when all of
    /// them have ended. One that was never started ends at once.
    ///
    /// A supervisor that has a parent is stopped by it, as by `terminate_child`: it stays down,
    /// and its spec is kept. A second call waits with the first.
    ///
    /// Call it before `main` returns: when the last handle is dropped the tree shuts down too,
    /// but a runtime that ends does not wait for that.
    ///
    /// # Errors
    ///
    /// [`FromInside`](SupervisorError::FromInside) if a task below this supervisor calls: use
    /// [`request_shutdown`](Self::request_shutdown) there. [`Ended`](SupervisorError::Ended) if a
    /// root had given up before.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the request once it was polled.
    pub async fn shutdown(&self) -> Result<ShutdownReport, SupervisorError> {
        if is_inside_supervisor(&self.node) {
            return Err(SupervisorError::FromInside(self.path()));
        }
        if let Some(slot) = self.node.slot() {
            let stopped = AnyChildRef::new(slot).terminate().await;
            // One that has ended for good is what was asked for, whoever asked first.
            if !matches!(self.node.phase(), Phase::Ended(_)) {
                stopped?;
            }
        } else {
            if let Phase::Ended(reason) = self.node.phase()
                && matches!(reason, ExitReason::Escalated(_) | ExitReason::StartFailed(_))
            {
                return Err(SupervisorError::Ended(self.path(), reason));
            }
            let end = self.node.end();
            self.request_shutdown();
            if let Some(end) = end {
                let _ = end.await;
            }
        }
        Ok(self.report())
    }

    /// Asks for a [`shutdown`](Self::shutdown) without waiting for it, also from inside.
    pub fn request_shutdown(&self) {
        match self.node.slot() {
            Some(slot) => {
                let (reply, _) = oneshot::channel();
                if let Some(link) = slot.core().link() {
                    let Link { key, .. } = link;
                    let command = Command::Terminate(Subject::Key(key), reply);
                    link.tell(Event::Command(Box::new(command)));
                }
            }
            None => self.node.release(),
        }
    }

    /// Stops everything at once, whatever time is left.
    #[cfg(feature = "signal")]
    pub(crate) fn kill(&self) {
        self.node.tell(Event::Kill);
    }

    /// Which children did not stop by themselves in the last shutdown.
    pub(crate) fn report(&self) -> ShutdownReport {
        self.node.stops().report()
    }

    /// Waits until the supervisor has ended and nobody will start it again.
    ///
    /// # Errors
    ///
    /// [`Ended`](SupervisorError::Ended) if it did not end by an orderly shutdown, with the path
    /// and the reason of what made it give up.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn wait(&self) -> Result<(), SupervisorError> {
        if is_inside_supervisor(&self.node) {
            return Err(SupervisorError::FromInside(self.path()));
        }
        if let Some(end) = self.node.end() {
            let _ = end.await;
        }
        match self.node.phase() {
            Phase::Ended(reason) | Phase::Down(reason) if reason.is_abnormal() => {
                Err(SupervisorError::Ended(self.path(), reason))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn strategy(&self) -> SupervisionStrategy {
        self.node.rules().strategy
    }

    pub(crate) fn inbox(&self) -> Result<Arc<Inbox>, SupervisorError> {
        match self.node.phase() {
            Phase::Starting { inbox, .. } | Phase::Running { inbox, .. } => Ok(inbox),
            _ => Err(self.node.unavailable()),
        }
    }

    /// Looks at the running supervisor, whatever it is doing.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Reign) -> T + Send + 'static,
    ) -> Result<T, SupervisorError> {
        let inbox = self.inbox()?;
        let (told, hears) = oneshot::channel();
        let query = move |reign: &mut Reign| {
            let _ = told.send(look(reign));
        };
        if inbox.push(Message::Query(Box::new(query))).is_err() {
            return Err(self.node.unavailable());
        }
        hears.await.map_err(|_| self.node.unavailable())
    }
}

impl Node {
    /// Why nothing can be asked of the supervisor.
    pub(crate) fn unavailable(&self) -> SupervisorError {
        match self.phase() {
            Phase::Ended(reason) => SupervisorError::Ended(self.path(), reason),
            Phase::Built | Phase::Down(_) => SupervisorError::NotRunning(self.path()),
            Phase::Starting { .. } | Phase::Running { .. } => {
                SupervisorError::ShuttingDown(self.path())
            }
        }
    }
}

/// The handle of a tree, of a part of one, or of a pool, is one of its supervisor.
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
            .field("keeps", &self.keep.is_some())
            .finish_non_exhaustive()
    }
}

/// The future of [`Supervisor::add_child`].
#[must_use = "a child is not added until this is awaited"]
pub struct AddChild<H>(Pin<Box<dyn Future<Output = Result<H, SupervisorError>> + Send>>);

impl<H> Future for AddChild<H> {
    type Output = Result<H, SupervisorError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<H> fmt::Debug for AddChild<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddChild").finish_non_exhaustive()
    }
}
