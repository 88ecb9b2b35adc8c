//! A supervisor whose children are workers of one type: the typed face of `simple_one_for_one`.

mod members;

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::child::{Child, Worker};
use crate::child_ref::ChildRef;
use crate::child_spec::{Body, ChildSpec, Each, Parts, Run, Runnable, Same};
use crate::engine::ChildKind;
use crate::error::SupervisorError;
use crate::options::ChildOptions;
use crate::placing::Adding;
use crate::recipe::Recipe;
use crate::supervisor::Supervisor;

pub use members::AddWorkersError;

/// Marks a [`Pool`] whose template has a value: its workers are all alike.
#[derive(Clone, Copy, Debug)]
pub struct Alike(());

/// Marks a [`Pool`] whose workers each get a value of their own.
#[derive(Clone, Copy, Debug)]
pub struct PerWorker(());

/// The worker type of a pool whose template is a function.
#[derive(Clone, Copy, Debug)]
pub struct Task(());

#[diagnostic::do_not_recommend]
impl Child for Task {
    type Recipe = Infallible;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(_name: &str, recipe: Infallible) -> ChildSpec<Run<ChildRef<()>>> {
        match recipe {}
    }
}

/// What a pool can be made from.
pub trait PoolTemplate: sealed::Sealed {
    /// The workers' type.
    type Worker: Child;
    /// Whether they are alike: [`Alike`] or [`PerWorker`].
    type Value;

    #[doc(hidden)]
    fn into_template(spec: ChildSpec<Self>) -> Template
    where
        Self: Sized;
}

/// Options and, if the workers are alike, their recipe.
#[doc(hidden)]
pub struct Template {
    pub(crate) kind: ChildKind,
    pub(crate) options: ChildOptions,
    pub(crate) recipe: Option<Arc<dyn Recipe>>,
}

impl Template {
    /// The template of workers that are all alike.
    pub(crate) fn of<M: Send + 'static>(spec: ChildSpec<Run<ChildRef<M>>>) -> Self {
        let Parts { said, body, .. } = Run::into_parts(spec).0;
        let recipe = match &*body {
            Body::Task { recipe, .. } => Some(Arc::clone(recipe)),
            Body::Supervisor { .. } => None,
        };
        Self { kind: ChildKind::Worker, options: said.options(), recipe }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("options", &self.options).finish_non_exhaustive()
    }
}

mod sealed {
    pub trait Sealed {}
    impl<W> Sealed for super::Each<W> {}
    impl<W> Sealed for super::Same<W> {}
    impl Sealed for super::Run<super::ChildRef<()>> {}
}

impl<W: Child> PoolTemplate for Each<W> {
    type Worker = W;
    type Value = PerWorker;

    fn into_template(spec: ChildSpec<Self>) -> Template {
        let kind = if W::OUTLINE.is_some() { ChildKind::Supervisor } else { ChildKind::Worker };
        Template { kind, options: spec.options(), recipe: None }
    }
}

impl<W: Child + Worker> PoolTemplate for Same<W> {
    type Worker = W;
    type Value = Alike;

    fn into_template(spec: ChildSpec<Self>) -> Template {
        let (options, recipe) = spec.into_same();
        Template { kind: ChildKind::Worker, options, recipe: Some(recipe) }
    }
}

impl PoolTemplate for Run<ChildRef<()>> {
    type Worker = Task;
    type Value = Alike;

    fn into_template(spec: ChildSpec<Self>) -> Template {
        Template::of(spec)
    }
}

/// A `simple_one_for_one` supervisor and its workers' type.
///
/// Workers come and go at run time; each has a number, `#17`, that is not used again. At
/// shutdown all of them are stopped at once, within one shutdown time.
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
/// let pool = Supervisor::new().build_pool(ChildSpec::<Each<Session>>::each("session"));
/// pool.supervisor().start().await?;
/// let session = pool.add_worker_with(Session { number: 7 }).await?;
/// assert_eq!(session.path(), "#1");
/// # Ok(())
/// # }
/// ```
pub struct Pool<W, V = PerWorker> {
    supervisor: Supervisor,
    worker: PhantomData<fn(W, V)>,
}

// No bound on `W` where none is needed: that a type is no child is one error, where it is named.
impl<W, V> Pool<W, V> {
    pub(crate) fn new(supervisor: Supervisor) -> Self {
        Self { supervisor, worker: PhantomData }
    }

    /// The pool's supervisor.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }
}

impl<W: Child, V> Pool<W, V> {
    /// Adds a worker with a value of its own, and gives its address.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::add_worker`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn add_worker_with(&self, value: W::Recipe) -> Result<W::Handle, SupervisorError> {
        let (parts, handle) = self.worker_of(value);
        let adding = self.begin_to_add(parts, &handle)?;
        self.supervisor.added(adding).await.map(|()| handle)
    }

    /// A worker of this value, with the template's options.
    pub(crate) fn worker_of(&self, value: W::Recipe) -> (Parts, W::Handle) {
        let node = self.supervisor.node();
        let spec = node.next_worker().with_text(|name| W::spec(name, value));
        let (parts, handle) = Run::into_parts(spec);
        // The other options are not read from a worker's own specification.
        if let (Body::Task { slot, .. }, Some(template)) = (&*parts.body, node.template())
            && template.options.mailbox() != parts.said.mailbox()
        {
            slot.set_capacity(template.options.mailbox());
        }
        (parts, handle)
    }

    /// Adds a worker; the handle of one that is a tree is kept, to be listed.
    pub(crate) fn begin_to_add(
        &self,
        parts: Parts,
        handle: &W::Handle,
    ) -> Result<Adding, SupervisorError> {
        let trees = match (&*parts.body, self.supervisor.node().template()) {
            (Body::Supervisor { .. }, Some(template)) => &template.trees,
            _ => return self.supervisor.begin_to_add(parts),
        };
        let name = parts.name.clone();
        trees.keep(name.clone(), Arc::new(handle.clone()));
        self.supervisor.begin_to_add(parts).inspect_err(|_| drop(trees.remove(&name)))
    }
}

impl Pool<Task, Alike> {
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

impl<W: Worker> Pool<W, Alike> {
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

impl<W> Pool<W, Alike> {
    async fn add_alike<M: Send + 'static>(&self) -> Result<ChildRef<M>, SupervisorError> {
        let worker = self.supervisor.add_worker().await?;
        worker.downcast().ok_or_else(|| SupervisorError::NotFound(worker.path()))
    }
}

impl<W: Child<Recipe: Default>> Pool<W, PerWorker> {
    /// Adds a worker made with `Default`.
    ///
    /// # Errors
    ///
    /// Those of [`Supervisor::add_worker`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the command once it was polled.
    pub async fn add_worker(&self) -> Result<W::Handle, SupervisorError> {
        self.add_worker_with(W::Recipe::default()).await
    }
}

impl<W, V> AsRef<Supervisor> for Pool<W, V> {
    fn as_ref(&self) -> &Supervisor {
        &self.supervisor
    }
}

impl<W, V> Clone for Pool<W, V> {
    fn clone(&self) -> Self {
        Self { supervisor: self.supervisor.clone(), worker: PhantomData }
    }
}

impl<W, V> fmt::Debug for Pool<W, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("supervisor", &self.supervisor).finish()
    }
}
