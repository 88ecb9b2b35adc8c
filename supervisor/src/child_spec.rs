//! The specification of a child: its name, its options, and what it runs.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::blocking::Blocking;
use crate::child::{Child, Life, Worker, WorkerOnce};
use crate::child_ref::ChildRef;
use crate::context::Context;
use crate::node::Node;
use crate::options::{ChildOptions, StartMode};
use crate::outline::Budget;
use crate::path::Name;
use crate::placing::Loose;
use crate::recipe::{Function, Once, Recipe, Repeated};
use crate::restart::{Backoff, RestartPolicy};
use crate::said::Said;
use crate::shutdown::Shutdown;
use crate::slot::{AnySlot, Nobody, Slot};
use crate::supervisor::Supervisor;

/// State of a [`ChildSpec`] that has nothing to run yet.
#[derive(Clone, Copy, Debug)]
pub struct NothingToRun(());

/// State of a [`ChildSpec`] that can be started; `H` is what its owner will hold of the child.
pub struct Run<H> {
    handle: H,
    body: Loose,
}

/// State of a [`ChildSpec`] that is the template of a pool whose workers each get a value of
/// their own.
pub struct Each<W>(PhantomData<fn(W)>);

/// State of a [`ChildSpec`] that is the template of a pool whose workers are all alike.
pub struct Same<W> {
    recipe: Arc<dyn Recipe>,
    worker: PhantomData<fn(W)>,
}

/// What a child is: a task of the user's, or a supervisor.
#[derive(Clone)]
pub(crate) enum Body {
    Task { recipe: Arc<dyn Recipe>, slot: Arc<dyn AnySlot> },
    Supervisor { node: Arc<Node>, slot: Arc<dyn AnySlot> },
}

impl Body {
    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        let (Self::Task { slot, .. } | Self::Supervisor { slot, .. }) = self;
        slot
    }

    /// How long it takes to stop, if it has all the time it wants.
    pub(crate) fn need(&self) -> Budget {
        match self {
            Self::Task { .. } => Budget::Unbounded,
            Self::Supervisor { node, .. } => node.need(),
        }
    }
}

/// A specification complete enough to be started.
#[diagnostic::on_unimplemented(
    message = "this child has nothing to run",
    label = "call `.with_task(…)`, `.with_worker(…)` or `.with_supervisor(…)` on it first"
)]
pub trait Runnable: sealed::Sealed {
    /// What its owner will hold of the child.
    type Handle;

    #[doc(hidden)]
    fn into_parts(spec: ChildSpec<Self>) -> (Parts, Self::Handle)
    where
        Self: Sized;
}

mod sealed {
    pub trait Sealed {}
    impl<H> Sealed for super::Run<H> {}
}

/// A specification without its type.
#[doc(hidden)]
pub struct Parts {
    pub(crate) name: Name,
    pub(crate) said: Said,
    pub(crate) body: Loose,
}

/// What a supervisor needs to know to start, restart and stop a child.
///
/// It begins with a name, and has nothing to run until it is given a task, a worker or a
/// supervisor; its type says so, and only one that has can be given to a supervisor. Options
/// can be set before and after that.
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
    said: Said,
    state: S,
}

impl ChildSpec<NothingToRun> {
    /// A child of this name, with nothing to run yet.
    ///
    /// The name is the child's part of its path: not empty, without `/`, and not a `#` with a
    /// number, which is how a pool's workers are called. A name that breaks this rule is an error when the supervisor is started or the child is added.
    pub fn new(name: &str) -> Self {
        Self::named(Name::parse(name))
    }

    pub(crate) fn named(name: Name) -> Self {
        Self { name, said: Said::default(), state: NothingToRun(()) }
    }

    /// Runs this function: one call is one life.
    ///
    /// A function and a closure both do. A closure that owns something clones it for each life:
    /// `move |ctx| { let x = x.clone(); async move { … } }`.
    pub fn with_task<F, Fut>(self, task: F) -> ChildSpec<Run<ChildRef<()>>>
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Life + Send + 'static,
    {
        self.with_recipe(None, Function::recipe(task))
    }

    /// Runs this worker: one call of its `run` is one life.
    pub fn with_worker<W: Worker>(self, worker: W) -> ChildSpec<Run<ChildRef<W::Message>>> {
        self.with_recipe(Some(const { &W::DEFAULTS }), Arc::new(Repeated::new(worker)))
    }

    /// Runs this worker once, by value.
    ///
    /// Its policy has to be `Temporary`: there is no second value to restart it with.
    pub fn with_worker_once<W: WorkerOnce>(
        self,
        worker: W,
    ) -> ChildSpec<Run<ChildRef<W::Message>>> {
        self.with_recipe(Some(const { &W::DEFAULTS }), Arc::new(Once::new(worker)))
    }

    /// Runs this function on a thread of its own: for work that blocks.
    pub fn with_blocking<M: Send + 'static>(
        self,
        blocking: Blocking<M>,
    ) -> ChildSpec<Run<ChildRef<M>>> {
        self.with_recipe(None, Arc::new(blocking))
    }

    /// Runs this program as a process of the operating system.
    #[cfg(all(unix, feature = "process"))]
    pub fn with_program(self, program: crate::Program) -> ChildSpec<Run<ChildRef<()>>> {
        self.with_recipe(None, Arc::new(program))
    }

    /// Runs this supervisor below the one that gets the spec.
    ///
    /// A supervisor that has not been started is started with its parent; one that runs is
    /// adopted as it is: nothing is stopped, and the parent takes over its exit and shutdown.
    /// The children it has now come back when the parent restarts it; those added to it later do
    /// not, as in OTP.
    pub fn with_supervisor(self, supervisor: Supervisor) -> ChildSpec<Run<Supervisor>> {
        self.with_tree(supervisor.clone(), supervisor)
    }

    /// Runs a supervisor whose owner will hold this handle.
    pub(crate) fn with_tree<H>(self, supervisor: Supervisor, handle: H) -> ChildSpec<Run<H>> {
        // (A mailbox of the usual capacity allocates nothing.)
        let slot = Arc::new(Slot::<Nobody>::new(self.name.clone(), ChildOptions::MAILBOX));
        let node = Arc::clone(supervisor.node());
        let body = Loose::of_supervisor(Body::Supervisor { node, slot }, supervisor.into_keep());
        ChildSpec { name: self.name, said: self.said, state: Run { handle, body } }
    }

    fn with_recipe<M: Send + 'static>(
        self,
        of_type: Option<&'static ChildOptions>,
        recipe: Arc<dyn Recipe>,
    ) -> ChildSpec<Run<ChildRef<M>>> {
        let said = self.said.by(of_type);
        let slot = Arc::new(Slot::<M>::new(self.name.clone(), said.mailbox()));
        let handle = ChildRef::new(Arc::clone(&slot));
        let body = Loose::new(Body::Task { recipe, slot });
        ChildSpec { name: self.name, said, state: Run { handle, body } }
    }
}

impl<W: Child> ChildSpec<Each<W>> {
    /// The template of a pool in which each worker gets a value of its own.
    pub fn each(name: &str) -> Self {
        Self { name: Name::declared(name), said: Said::default(), state: Each(PhantomData) }
    }

    pub(crate) fn options(&self) -> ChildOptions {
        self.said.options().or(W::OPTIONS)
    }
}

impl<W: Worker> ChildSpec<Each<W>> {
    /// Gives all workers this value: they are alike.
    pub fn with_value(self, value: W) -> ChildSpec<Same<W>> {
        let recipe: Arc<dyn Recipe> = Arc::new(Repeated::new(value));
        let state = Same { recipe, worker: PhantomData };
        ChildSpec { name: self.name, said: self.said, state }
    }
}

impl<W: Worker> ChildSpec<Same<W>> {
    pub(crate) fn into_same(self) -> (ChildOptions, Arc<dyn Recipe>) {
        (self.said.options().or(W::DEFAULTS), self.state.recipe)
    }
}

impl<H: Clone> ChildSpec<Run<H>> {
    /// What its owner will hold of the child: its address, valid before the start and across
    /// all restarts.
    #[must_use]
    pub fn handle(&self) -> H {
        self.state.handle.clone()
    }
}

/// Options; the same key has the same meaning in the tree and in `#[child(…)]`.
impl<S> ChildSpec<S> {
    /// When the child is restarted. Default: `Always`.
    pub fn with_restart_policy(mut self, policy: RestartPolicy) -> Self {
        self.said.change(|options| options.with_restart_policy(policy));
        self
    }

    /// How the child is stopped: a duration, or a [`Shutdown`]. Default: five seconds; a nested
    /// supervisor's default is `Infinity`.
    pub fn with_shutdown(mut self, shutdown: impl Into<Shutdown>) -> Self {
        self.said.change(|options| options.with_shutdown(shutdown.into()));
        self
    }

    /// How long its restarts wait. Default: not at all.
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.said.change(|options| options.with_backoff(backoff));
        self
    }

    /// Whether the next sibling waits until it is ready. Default: it does not.
    pub fn with_start(mut self, start: StartMode) -> Self {
        self.said.change(|options| options.with_start(start));
        self
    }

    /// How long it may take until it is ready. Default: 30 seconds.
    pub fn with_start_timeout(mut self, timeout: Duration) -> Self {
        self.said.change(|options| options.with_start_timeout(timeout));
        self
    }

    /// Whether its end counts for its supervisor's `auto_shutdown`. Default: no.
    pub fn with_significant(mut self, significant: bool) -> Self {
        self.said.change(|options| options.with_significant(significant));
        self
    }

    /// How many messages its mailbox holds. Default: 64.
    pub fn with_mailbox(mut self, capacity: usize) -> Self {
        self.said.change(|options| options.with_mailbox(capacity));
        self
    }

    /// After what silence it is considered hung, killed, and restarted by policy. Default: never.
    pub fn with_heartbeat(mut self, every: Duration) -> Self {
        self.said.change(|options| options.with_heartbeat(every));
        self
    }
}

impl<H> Runnable for Run<H> {
    type Handle = H;

    fn into_parts(spec: ChildSpec<Self>) -> (Parts, H) {
        let ChildSpec { name, said, state: Run { handle, body } } = spec;
        // It has that of its type already.
        if said.says_mailbox() {
            body.slot().set_capacity(said.mailbox());
        }
        (Parts { name, said, body }, handle)
    }
}

impl<S> fmt::Debug for ChildSpec<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("name", &self.name.to_string())
            .field("options", &self.said.options())
            .finish_non_exhaustive()
    }
}

impl<H> fmt::Debug for Run<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for Each<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Each").finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for Same<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Same").finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("name", &self.name).finish_non_exhaustive()
    }
}
