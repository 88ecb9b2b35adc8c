//! The typed handle of a `simple_one_for_one` supervisor, whose children are workers of one type.

mod add_worker;
mod elsewhere;
mod many;

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use self::elsewhere::PoolElsewhere;
use super::child_spec::{PerWorkerTemplate, SharedTemplate};
use super::{Child, ChildHandle, ChildSpec, Ready, Runnable, SupervisorBuilder};
use crate::child::{ChildRef, Worker};
use crate::error::SupervisorError;
use crate::life::LifeFactory;
use crate::runtime::{Body, ErasedSpec};
use crate::spec::{ChildKind, ChildOptions, SupervisionStrategy, TreeDescriptor};
use crate::supervisor::{PendingAdd, Supervisor};

pub use self::add_worker::{AddWorker, AddWorkerError};
pub use self::many::{AddWorkersError, WorkerValues};

/// Marks a [`Pool`] whose template has a value, so that its workers are all alike.
#[derive(Clone, Copy, Debug)]
pub struct Shared(());

/// Marks a [`Pool`] whose workers each get a value of their own.
#[derive(Clone, Copy, Debug)]
pub struct PerWorker(());

/// The worker type of a pool whose template is a function.
#[derive(Clone, Copy, Debug)]
pub struct FnWorker(());

#[diagnostic::do_not_recommend]
impl Child for FnWorker {
    type Recipe = Infallible;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(_name: &str, recipe: Infallible) -> ChildSpec<Ready<ChildRef<()>>> {
        match recipe {}
    }
}

/// A specification that can be the template of a pool.
#[diagnostic::on_unimplemented(
    message = "this is no template of a pool",
    label = "write `ChildSpec::per_worker::<Worker>(name)`, with `.with_value(…)` if the workers are all alike",
    note = "the template of a pool of functions is `ChildSpec::new(name).with_task(…)`; a worker's options follow, as `.with_shutdown(…)`"
)]
pub trait PoolTemplate: sealed::Sealed {
    /// The type of the workers.
    type Worker: Child;
    /// [`Shared`] if the workers are all alike, [`PerWorker`] if each gets a value of its own.
    type Value;

    #[doc(hidden)]
    fn into_template(spec: ChildSpec<Self>) -> TemplateParts
    where
        Self: Sized;
}

/// The parts of a pool's template: its options and, if the workers share one value, their factory.
pub struct TemplateParts {
    pub(super) kind: ChildKind,
    pub(super) options: ChildOptions,
    pub(super) factory: Option<Arc<dyn LifeFactory>>,
}

impl TemplateParts {
    /// Takes apart the template of workers that share one value.
    pub(super) fn of<M: Send + 'static>(spec: ChildSpec<Ready<ChildRef<M>>>) -> Self {
        let ErasedSpec { options, body, .. } = Ready::into_parts(spec).0;
        let factory = match &*body {
            Body::Task { factory, .. } => Some(Arc::clone(factory)),
            Body::Supervisor { .. } => None,
        };
        Self { kind: ChildKind::Worker, options: options.options(), factory }
    }
}

impl fmt::Debug for TemplateParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateParts").field("options", &self.options).finish_non_exhaustive()
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "it seals a trait: no other crate can name it")]
    pub trait Sealed {}
    impl<W> Sealed for super::PerWorkerTemplate<W> {}
    impl<W> Sealed for super::SharedTemplate<W> {}
    impl Sealed for super::Ready<super::ChildRef<()>> {}
}

impl<W: Child> PoolTemplate for PerWorkerTemplate<W> {
    type Worker = W;
    type Value = PerWorker;

    fn into_template(spec: ChildSpec<Self>) -> TemplateParts {
        let kind =
            if W::Handle::DESCRIPTOR.is_some() { ChildKind::Supervisor } else { ChildKind::Worker };
        TemplateParts { kind, options: spec.options(), factory: None }
    }
}

impl<W: Child + Worker> PoolTemplate for SharedTemplate<W> {
    type Worker = W;
    type Value = Shared;

    fn into_template(spec: ChildSpec<Self>) -> TemplateParts {
        let (options, factory) = spec.into_shared();
        TemplateParts { kind: ChildKind::Worker, options, factory: Some(factory) }
    }
}

impl PoolTemplate for Ready<ChildRef<()>> {
    type Worker = FnWorker;
    type Value = Shared;

    fn into_template(spec: ChildSpec<Self>) -> TemplateParts {
        TemplateParts::of(spec)
    }
}

/// A `simple_one_for_one` supervisor with the type of its workers.
///
/// Workers come and go at run time; each has a number, `#17`, that is not used again. At shutdown
/// all workers are stopped at once, within one shutdown time. A pool has the functions of its
/// [`Supervisor`], too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// #[derive(Child)]
/// #[child(restart = Temporary)]
/// struct Session { number: u32 }
///
/// impl Worker for Session {
///     async fn run(&self, ctx: Context) -> ChildResult {
///         println!("session {}", self.number);
///         ctx.shutdown_requested().await;
///         Ok(())
///     }
/// }
///
/// let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Session>("session"));
/// pool.supervisor().start().await?;
/// let session = pool.add_worker_with(Session { number: 7 }).await?;
/// assert_eq!(session.path(), "#1");
/// # Ok(())
/// # }
/// ```
pub struct Pool<W, V = PerWorker> {
    // It dereferences to its supervisor: a pool has the functions of that, too.
    inner: PoolElsewhere<W, V>,
}

// There is no bound on `W` where none is needed: a type that is no child is then an error only
// where the program names it.
impl<W, V> Pool<W, V> {
    pub(crate) fn new(supervisor: Supervisor) -> Self {
        Self { inner: PoolElsewhere { supervisor, worker: PhantomData } }
    }

    /// Returns the pool's supervisor.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.inner.supervisor
    }
}

impl<W: Child, V> Pool<W, V> {
    /// Adds a worker with a value of its own, and returns its handle.
    ///
    /// A pool whose template has a value takes no other: its workers are added by `add_worker()`.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::add_worker`], in an [`AddWorkerError`], which gives the value back.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    #[doc(alias = "spawn", alias = "push")]
    pub fn add_worker_with(&self, value: W::Recipe) -> AddWorker<'_, W, V>
    where
        V: OwnValue,
    {
        AddWorker::new(self, value)
    }

    /// Creates a worker of this value, with the template's options.
    pub(crate) fn worker_of(&self, value: W::Recipe) -> (ErasedSpec, W::Handle) {
        let node = self.inner.supervisor.node();
        let spec = node.next_worker().with_text(|name| W::spec(name, value));
        let (parts, handle) = Ready::into_parts(spec);
        // Only the options of the mailbox are set here: the supervisor takes the other options from
        // the template.
        if let (Body::Task { slot, .. }, Some(template)) = (&*parts.body, node.template()) {
            if template.options.mailbox() != parts.options.mailbox() {
                slot.set_capacity(template.options.mailbox());
            }
            match &template.times {
                Some(times) => slot.measure_in_pool(Arc::clone(times)),
                None if parts.options.has_histograms() => slot.set_histograms(false),
                None => {}
            }
        }
        (parts, handle)
    }

    /// Begins to add a worker; the handle of a worker that is a tree is kept, for
    /// [`workers`](Self::workers).
    pub(crate) fn begin_to_add(
        &self,
        parts: ErasedSpec,
        handle: &W::Handle,
    ) -> Result<PendingAdd, SupervisorError> {
        let trees = match (&*parts.body, self.inner.supervisor.node().template()) {
            (Body::Supervisor { .. }, Some(template)) => &template.trees,
            _ => return self.inner.supervisor.begin_to_add(parts),
        };
        let name = parts.name.clone();
        trees.keep(name.clone(), Arc::new(handle.clone()));
        self.inner.supervisor.begin_to_add(parts).inspect_err(|_| drop(trees.remove(&name)))
    }
}

impl Pool<FnWorker, Shared> {
    /// Adds a worker: one more life of the template's function.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::add_worker`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn add_worker(&self) -> Result<ChildRef<()>, SupervisorError> {
        self.add_alike().await
    }
}

impl<W: Worker> Pool<W, Shared> {
    /// Adds a worker like the others.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::add_worker`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn add_worker(&self) -> Result<ChildRef<W::Message>, SupervisorError> {
        self.add_alike().await
    }
}

impl<W> Pool<W, Shared> {
    /// Adds a worker that shares the template's value.
    async fn add_alike<M: Send + 'static>(&self) -> Result<ChildRef<M>, SupervisorError> {
        let worker = self.inner.supervisor.add_worker().await?;
        worker.downcast().ok_or_else(|| SupervisorError::NotFound(worker.path()))
    }
}

/// The marker of a pool whose workers each get a value of their own.
#[diagnostic::on_unimplemented(
    message = "the workers of this pool are all alike: they are added with `add_worker()`",
    label = "the template has a value; leave it out to give each worker its own with `add_worker_with`"
)]
pub trait OwnValue {}

impl OwnValue for PerWorker {}

/// The recipe of a worker that is added to a pool without a value.
#[diagnostic::on_unimplemented(
    message = "each worker of this pool has a value of its own, added with `add_worker_with(value)`",
    label = "`add_worker()` makes the value with `Default`, which `{W}` has not"
)]
pub trait DefaultValue<W>: Default {}

#[diagnostic::do_not_recommend]
impl<W, R: Default> DefaultValue<W> for R {}

impl<W: Child> Pool<W, PerWorker> {
    /// Adds a worker made with `Default`.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::add_worker`], in an [`AddWorkerError`], which gives the value back.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub fn add_worker(&self) -> AddWorker<'_, W, PerWorker>
    where
        W::Recipe: DefaultValue<W>,
    {
        AddWorker::new(self, W::Recipe::default())
    }
}

/// A pool built by hand as a child of a declared tree, for options that are not known when the tree
/// is compiled.
#[diagnostic::do_not_recommend]
impl<W: 'static, V: 'static> Child for Pool<W, V> {
    type Recipe = Self;
    type Handle = Self;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<Self>> {
        ChildSpec::new(name).with_tree(recipe.inner.supervisor.clone(), recipe)
    }
}

impl<W: 'static, V: 'static> ChildHandle for Pool<W, V> {
    const DESCRIPTOR: Option<&'static TreeDescriptor> = <Supervisor as ChildHandle>::DESCRIPTOR;
}

impl SupervisorBuilder {
    /// Builds a typed pool: a `SimpleOneForOne` supervisor whose workers are made from this
    /// template.
    #[must_use = "a pool shuts down when its last handle is dropped"]
    pub fn build_pool<T: PoolTemplate>(
        mut self,
        template: ChildSpec<T>,
    ) -> Pool<T::Worker, T::Value> {
        self.strategy = SupervisionStrategy::SimpleOneForOne;
        self.template = Some(Box::new(T::into_template(template)));
        Pool::new(self.build())
    }
}

impl<W, V> AsRef<Supervisor> for Pool<W, V> {
    fn as_ref(&self) -> &Supervisor {
        &self.inner.supervisor
    }
}

#[doc(hidden)]
impl<W, V> Deref for Pool<W, V> {
    type Target = PoolElsewhere<W, V>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl<W, V> Clone for Pool<W, V> {
    fn clone(&self) -> Self {
        Self::new(self.inner.supervisor.clone())
    }
}

impl<W, V> fmt::Debug for Pool<W, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("supervisor", &self.inner.supervisor).finish()
    }
}
