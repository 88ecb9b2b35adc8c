//! The specification of a child: its name, its options, and its task, worker or supervisor.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::Child;
use super::child::LongLived;
use crate::child::{
    ChildRef, Context, FnFactory, OnceFactory, TaskFn, TaskFuture, Worker, WorkerFactory,
    WorkerOnce,
};
use crate::error::SupervisorError;
use crate::life::LifeFactory;
use crate::runtime::{Body, ErasedSpec, Unplaced};
use crate::slot::{NoMessage, Slot};
#[cfg(doc)]
use crate::spec::Order;
use crate::spec::{
    Backoff, ChildOptions, HealthPart, MaxRestarts, Name, OptionLayers, RestartPolicy, Shutdown,
    StartMode, SupervisionStrategy,
};
use crate::supervisor::Supervisor;

/// State of a [`ChildSpec`] that has nothing to run yet.
#[derive(Clone, Copy, Debug)]
pub struct Unset(());

/// State of a [`ChildSpec`] that can be started; `H` is the child's handle.
pub struct Ready<H> {
    handle: H,
    body: Unplaced,
}

/// State of a [`ChildSpec`] that is the template of a pool whose workers each get a value of
/// their own.
pub struct PerWorkerTemplate<W>(PhantomData<fn(W)>);

/// State of a [`ChildSpec`] that is the template of a pool whose workers are all alike.
pub struct SharedTemplate<W> {
    factory: Arc<dyn LifeFactory>,
    worker: PhantomData<fn(W)>,
}

/// A specification complete enough to be started.
#[diagnostic::on_unimplemented(
    message = "this child has nothing to run",
    label = "call `.with_task(…)`, `.with_worker(…)` or `.with_supervisor(…)` on it first"
)]
pub trait Runnable: sealed::Sealed {
    /// The child's handle, which the caller that adds the child receives.
    // A bound here would report a message that cannot be sent once more, at the tree.
    type Handle;

    #[doc(hidden)]
    fn into_parts(spec: ChildSpec<Self>) -> (ErasedSpec, Self::Handle)
    where
        Self: Sized;
}

/// The specification of a child that a supervisor can be given: a [`ChildSpec`] with something to run.
#[diagnostic::on_unimplemented(
    message = "this is no specification of a child",
    label = "write `ChildSpec::new(\"name\").with_worker(value)`, or `.with_task(function)`",
    note = "a tree with a name is given as `Shop::tree().into_spec(\"name\")`, and a supervisor as `ChildSpec::new(\"name\").with_supervisor(supervisor)`"
)]
pub trait Specification: sealed::Sealed {
    /// The child's handle.
    type Handle;

    #[doc(hidden)]
    fn into_parts(self) -> (ErasedSpec, Self::Handle);
}

impl<S: Runnable> Specification for ChildSpec<S> {
    type Handle = S::Handle;

    fn into_parts(self) -> (ErasedSpec, S::Handle) {
        S::into_parts(self)
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait: no other crate can name it")]
    pub trait Sealed {}
    impl<H> Sealed for super::Ready<H> {}
    impl<S> Sealed for super::ChildSpec<S> {}
}

/// The specification of a child, by which a supervisor starts, restarts and stops it.
///
/// A specification begins with a name, and has nothing to run until it is given a task, a worker or
/// a supervisor. That is a part of its type: only a specification with something to run can be
/// given to a supervisor. Options can be set before and after.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// let supervisor = Supervisor::new().build();
/// let worker = ChildSpec::new("worker")
///     .with_restart_policy(RestartPolicy::Transient)
///     .with_task(async |ctx: Context| {
///         ctx.shutdown_requested().await;
///         Ok(())
///     });
/// supervisor.add_child(worker).await?;
/// # Ok(())
/// # }
/// ```
///
/// A spec without anything to run does not compile:
///
/// ```compile_fail
/// # async fn example(supervisor: supervisor::Supervisor) {
/// let _ = supervisor.add_child(supervisor::ChildSpec::new("worker")).await;
/// # }
/// ```
#[must_use = "a spec does nothing until it is given to a supervisor"]
pub struct ChildSpec<S> {
    name: Name,
    options: OptionLayers,
    after: Box<[Name]>,
    state: S,
}

impl ChildSpec<Unset> {
    /// Creates the specification of a child of this name, with nothing to run yet.
    ///
    /// The name is the child's part of its path: not empty, without `/` and control characters, and
    /// not a `#` with a number, which is the name of a pool's worker. A name that breaks this rule is
    /// an error when the supervisor is started or the child is added.
    pub fn new(name: &str) -> Self {
        Self::named(Name::parse(name))
    }

    pub(crate) fn named(name: Name) -> Self {
        Self { name, options: OptionLayers::default(), after: Box::default(), state: Unset(()) }
    }

    /// Runs this function: one call is one life.
    ///
    /// The task is a function or a closure. A closure clones a value that it owns for each life:
    /// `move |ctx| { let x = x.clone(); async move { … } }`.
    pub fn with_task<F, Fut, Arguments>(self, task: F) -> ChildSpec<Ready<ChildRef<()>>>
    where
        F: Fn(Context) -> Fut + TaskFn<Arguments, Fut> + Send + Sync + 'static,
        Fut: TaskFuture + Send + 'static,
    {
        self.with_factory(None, FnFactory::shared(task))
    }

    /// Runs this worker: one call of its `run` is one life.
    #[doc(alias = "with_actor", alias = "with_child")]
    pub fn with_worker<W: LongLived>(self, worker: W) -> ChildSpec<Ready<ChildRef<W::Messages>>> {
        self.with_factory(Some(const { &W::DEFAULTS }), Arc::new(WorkerFactory::new(worker)))
    }

    /// Runs this worker once, by value.
    ///
    /// The child's policy has to be `Temporary`: there is no second value to restart it with.
    pub fn with_worker_once<W: WorkerOnce>(
        self,
        worker: W,
    ) -> ChildSpec<Ready<ChildRef<W::Message>>> {
        self.with_factory(Some(const { &W::DEFAULTS }), Arc::new(OnceFactory::new(worker)))
    }

    /// Runs this supervisor below the supervisor that gets the specification.
    ///
    /// A supervisor that has not been started is started with its parent. A supervisor that runs is
    /// adopted as it is: nothing is stopped, and the parent takes over its exit and shutdown. The
    /// children that it has now come back when the parent restarts it; children added to it later
    /// do not, as in OTP.
    pub fn with_supervisor(self, supervisor: Supervisor) -> ChildSpec<Ready<Supervisor>> {
        self.with_tree(supervisor.clone(), supervisor)
    }

    /// Runs this supervisor, and gives the child this handle.
    pub(crate) fn with_tree<H>(self, supervisor: Supervisor, handle: H) -> ChildSpec<Ready<H>> {
        // (A mailbox of the usual capacity allocates nothing.)
        let slot = Arc::new(Slot::<NoMessage>::new(self.name.clone(), ChildOptions::MAILBOX));
        let node = Arc::clone(supervisor.node());
        let body =
            Unplaced::of_supervisor(Body::Supervisor { node, slot }, supervisor.into_keeper());
        let Self { name, options, after, .. } = self;
        ChildSpec { name, options, after, state: Ready { handle, body } }
    }

    /// Runs the lives of this factory; `of_type` holds the options of the worker's type.
    pub(crate) fn with_factory<M: Send + 'static>(
        self,
        of_type: Option<&'static ChildOptions>,
        factory: Arc<dyn LifeFactory>,
    ) -> ChildSpec<Ready<ChildRef<M>>> {
        let options = self.options.with_type_defaults(of_type);
        let slot = Arc::new(Slot::<M>::new(self.name.clone(), options.mailbox()));
        if options.has_histograms() {
            slot.mailbox.set_histograms(true);
        }
        let handle = ChildRef::new(Arc::clone(&slot));
        let body = Unplaced::new(Body::Task { factory, slot });
        ChildSpec { name: self.name, options, after: self.after, state: Ready { handle, body } }
    }
}

impl ChildSpec<Unset> {
    /// Creates the template of a pool in which each worker gets a value of its own.
    ///
    /// ```
    /// # use supervisor::prelude::*;
    /// # #[derive(Child)]
    /// # #[child(restart = Temporary)]
    /// # struct Session { number: u32 }
    /// # impl Worker for Session {
    /// #     async fn run(&self, _: Context) -> ChildResult { let _ = self.number; Ok(()) }
    /// # }
    /// let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Session>("session"));
    /// ```
    pub fn per_worker<W: Child>(name: &str) -> ChildSpec<PerWorkerTemplate<W>> {
        let (name, state) = (Name::declared(name), PerWorkerTemplate(PhantomData));
        ChildSpec { name, options: OptionLayers::default(), after: Box::default(), state }
    }
}

impl<W: Child> ChildSpec<PerWorkerTemplate<W>> {
    /// Returns the options of the workers: those of the template, over those of their type.
    pub(crate) fn options(&self) -> ChildOptions {
        self.options.options().or(W::OPTIONS)
    }
}

impl<W: Worker> ChildSpec<PerWorkerTemplate<W>> {
    /// Gives all workers this value, so that they are all alike.
    pub fn with_value(self, value: W) -> ChildSpec<SharedTemplate<W>> {
        let factory: Arc<dyn LifeFactory> = Arc::new(WorkerFactory::new(value));
        let state = SharedTemplate { factory, worker: PhantomData };
        ChildSpec { name: self.name, options: self.options, after: self.after, state }
    }
}

impl<W: Child + Worker> ChildSpec<SharedTemplate<W>> {
    /// Returns the options of the workers, and the factory that they share.
    pub(super) fn into_shared(self) -> (ChildOptions, Arc<dyn LifeFactory>) {
        (self.options.options().or(W::OPTIONS), self.state.factory)
    }
}

impl<H: Clone> ChildSpec<Ready<H>> {
    /// Returns the child's handle: its address, valid before the start and across all restarts.
    #[must_use]
    pub fn handle(&self) -> H {
        self.state.handle.clone()
    }
}

/// The options of a child: each has the meaning of the same key in the tree and in `#[child(…)]`.
impl<S> ChildSpec<S> {
    /// Sets when the child is restarted. Default: `Always`.
    #[doc(alias = "with_policy")]
    pub fn with_restart_policy(mut self, policy: RestartPolicy) -> Self {
        self.options.change(|options| options.with_restart_policy(policy));
        self
    }

    /// Sets how the child is stopped: a duration, or a [`Shutdown`]. Default: five seconds; a
    /// nested supervisor's default is `Infinity`.
    pub fn with_shutdown(mut self, shutdown: impl Into<Shutdown>) -> Self {
        self.options.change(|options| options.with_shutdown(shutdown.into()));
        self
    }

    /// Sets how long the child's restarts wait: a [`Backoff`], the first and the longest delay as a
    /// range, or one delay for all restarts. Default: not at all.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use supervisor::ChildSpec;
    /// let (first, longest) = (Duration::from_millis(100), Duration::from_secs(30));
    /// let worker = ChildSpec::new("worker").with_backoff(first..longest);
    /// # let _ = worker;
    /// ```
    pub fn with_backoff(mut self, backoff: impl Into<Backoff>) -> Self {
        let backoff = backoff.into();
        self.options.change(|options| options.with_backoff(backoff));
        self
    }

    /// Sets how often the child is restarted within its supervisor's `restart_window` before it is
    /// given up: a number, or [`MaxRestarts::Unlimited`]. Default: its restarts count as those of its
    /// supervisor, which gives up as a whole.
    ///
    /// When a child with a limit of its own fails once more, it stays down alone: its siblings and its
    /// supervisor go on, its state is [`Failed`](crate::info::ChildState::Failed), the tree's health
    /// says so, and [`Supervisor::restart_child`] or [`ChildRef::restart`] starts it again. Its restarts
    /// take none of its supervisor's. OTP has no such limit.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    /// use supervisor::info::ChildState;
    ///
    /// let exporter = ChildSpec::new("exporter")
    ///     .with_max_restarts(2)
    ///     .with_task(async |_ctx: Context| Err("nobody wants the figures".into()));
    /// let supervisor = Supervisor::new().with_max_restarts(0).build();
    /// let exporter = supervisor.add_child(exporter).await?;
    /// exporter.ended().await;
    /// assert_eq!((exporter.status(), exporter.incarnation()), (ChildState::Failed, 3));
    /// assert!(!supervisor.health().await.ready);
    /// # supervisor.shutdown().await.map(drop)
    /// # }
    /// ```
    pub fn with_max_restarts(mut self, max_restarts: impl Into<MaxRestarts>) -> Self {
        let max_restarts = max_restarts.into();
        self.options.change(|options| options.with_max_restarts(max_restarts));
        self
    }

    /// Sets whether the next sibling waits until the child is ready. Default: it does not.
    pub fn with_start(mut self, start: StartMode) -> Self {
        self.options.change(|options| options.with_start(start));
        self
    }

    /// Sets how long the child may take until it is ready, with [`StartMode::Notify`] and
    /// [`StartMode::Retry`]. Default: 30 seconds.
    pub fn with_start_timeout(mut self, timeout: Duration) -> Self {
        self.options.change(|options| options.with_start_timeout(timeout));
        self
    }

    /// Sets whether the child's end counts for its supervisor's `auto_shutdown`. Default: no.
    pub fn with_significant(mut self, significant: bool) -> Self {
        self.options.change(|options| options.with_significant(significant));
        self
    }

    /// Names siblings that the child uses: under [`Order::ByUse`] it starts when they are up, and
    /// they are stopped when it has ended. Default: none.
    ///
    /// Each sibling is one that the supervisor has already. Each call adds to those before.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    /// use supervisor::Order;
    ///
    /// let task = async |ctx: Context| {
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// };
    /// let shop = Supervisor::new()
    ///     .with_order(Order::ByUse)
    ///     .with_child(ChildSpec::new("db").with_task(task))
    ///     .with_child(ChildSpec::new("cache").with_task(task))
    ///     .with_child(ChildSpec::new("web").with_task(task).with_after(["db", "cache"]))
    ///     .build();
    /// shop.start().await?;
    /// # shop.shutdown().await.map(drop)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Supervisor::start`] and [`Supervisor::add_child`] fail with
    /// [`InvalidSpec`](SupervisorError::InvalidSpec) if there is no such sibling before the child,
    /// or if the supervisor's order is not [`Order::ByUse`].
    pub fn with_after<'a>(mut self, siblings: impl IntoIterator<Item = &'a str>) -> Self {
        let more = siblings.into_iter().map(Name::parse);
        self.after = std::mem::take(&mut self.after).into_iter().chain(more).collect();
        self
    }

    /// Sets how many messages the child's mailbox holds. Default: 64.
    pub fn with_mailbox(mut self, capacity: usize) -> Self {
        self.options.change(|options| options.with_mailbox(capacity));
        self
    }

    /// Sets whether the child measures how long its messages wait and are handled: see
    /// [`MessageTimes`](crate::info::MessageTimes). Default: no.
    pub fn with_histograms(mut self, histograms: bool) -> Self {
        self.options.change(|options| options.with_histograms(histograms));
        self
    }

    /// Sets whether the child, when it is stopped for good, receives the messages that are queued
    /// before [`Context::recv`](crate::Context::recv) returns `None`, as far as its `shutdown` time
    /// allows. Default: no. A stop that another life follows leaves the messages to that life.
    pub fn with_drain(mut self, drain: bool) -> Self {
        self.options.change(|options| options.with_drain(drain));
        self
    }

    /// Sets how long the child may give no heartbeat before it is considered hung, killed, and
    /// restarted by its policy. Default: no limit.
    pub fn with_heartbeat(mut self, every: Duration) -> Self {
        self.options.change(|options| options.with_heartbeat(every));
        self
    }

    /// Sets the part that the child has in the [health](crate::Supervisor::health) of its tree.
    /// Default: `Required`; `Ignored` if the child is `Temporary` or a pool's worker.
    pub fn with_health(mut self, part: HealthPart) -> Self {
        self.options.change(|options| options.with_health(part));
        self
    }
}

impl<H> ChildSpec<Ready<H>> {
    /// Takes the options that this specification leaves open from those of a type.
    ///
    /// `supervision_tree!` calls this with [`Child::OPTIONS`] for each child that has a type, so
    /// that these options hold however [`Child::spec`] makes its specification. Options that were
    /// set on this specification, before or after this call, win.
    ///
    /// ```
    /// use supervisor::prelude::*;
    /// use supervisor::ChildOptions;
    ///
    /// const OPTIONS: ChildOptions =
    ///     ChildOptions::new().with_restart_policy(RestartPolicy::Transient).with_mailbox(8);
    ///
    /// let worker = ChildSpec::new("worker")
    ///     .with_task(async |_ctx: Context| Ok(()))
    ///     .with_type_defaults(&OPTIONS);
    /// # let _ = worker;
    /// ```
    pub fn with_type_defaults(mut self, defaults: &'static ChildOptions) -> Self {
        let before = self.options.mailbox();
        self.options = self.options.with_type_defaults(Some(defaults));
        let capacity = self.options.mailbox();
        if capacity != before {
            self.state.body.slot().set_capacity(capacity);
        }
        self.state.body.slot().set_histograms(self.options.has_histograms());
        self
    }
}

impl<H> Runnable for Ready<H> {
    type Handle = H;

    fn into_parts(spec: ChildSpec<Self>) -> (ErasedSpec, H) {
        let ChildSpec { name, options, after, state: Ready { handle, body } } = spec;
        // The slot already has the capacity that the child's type sets.
        if options.sets_mailbox() {
            body.slot().set_capacity(options.mailbox());
        }
        if options.sets_histograms() {
            body.slot().set_histograms(options.has_histograms());
        }
        (ErasedSpec { name, options, after, body }, handle)
    }
}

impl Supervisor {
    /// Adds a child as the last one in start order, starts it, and returns its handle.
    ///
    /// Starts the supervisor first, if it has not been started. OTP's `start_child`.
    ///
    /// # Errors
    ///
    /// - [`AlreadyStarted`](SupervisorError::AlreadyStarted),
    ///   [`AlreadyPresent`](SupervisorError::AlreadyPresent): a child of this name is known;
    /// - [`StartFailed`](SupervisorError::StartFailed): the child did not start, and its spec is
    ///   not kept;
    /// - [`Declined`](SupervisorError::Declined): the child declined; its spec is kept unless it is
    ///   `Temporary`;
    /// - [`SimpleOneForOne`](SupervisorError::SimpleOneForOne): this supervisor has workers only;
    /// - [`InvalidSpec`](SupervisorError::InvalidSpec),
    ///   [`AlreadySupervised`](SupervisorError::AlreadySupervised),
    ///   [`Cycle`](SupervisorError::Cycle): the spec cannot be used here;
    /// - [`Ended`](SupervisorError::Ended), [`ShuttingDown`](SupervisorError::ShuttingDown): the
    ///   child is a supervisor that has ended, or is about to;
    /// - [`NoRuntime`](SupervisorError::NoRuntime), and the other errors of [`start`](Self::start),
    ///   if this supervisor has not been started.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub fn add_child<S>(&self, spec: S) -> AddChild<S::Handle>
    where
        S: Specification<Handle: Send + 'static>,
    {
        let (parts, handle) = spec.into_parts();
        let this = self.clone();
        AddChild(Box::pin(async move {
            if this.strategy() == SupervisionStrategy::SimpleOneForOne {
                return Err(SupervisorError::SimpleOneForOne(this.path()));
            }
            this.add_parts(parts).await.map(|()| handle)
        }))
    }
}

/// Future returned by [`Supervisor::add_child`].
#[must_use = "a child is not added until this is awaited"]
pub struct AddChild<H>(Pin<Box<dyn Future<Output = Result<H, SupervisorError>> + Send>>);

impl<H> Future for AddChild<H> {
    type Output = Result<H, SupervisorError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

not_awaited!([H] AddChild<H>);

impl<H> fmt::Debug for AddChild<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddChild").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for ChildSpec<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("name", &self.name.to_string())
            .field("options", &self.options.options())
            .finish_non_exhaustive()
    }
}

impl<H> fmt::Debug for Ready<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for PerWorkerTemplate<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerWorkerTemplate").finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for SharedTemplate<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTemplate").finish_non_exhaustive()
    }
}
