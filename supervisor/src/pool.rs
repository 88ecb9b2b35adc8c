//! A supervisor whose children are workers of one type: the typed face of `simple_one_for_one`.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::child::{Child, Worker};
use crate::child_ref::ChildRef;
use crate::child_spec::{ChildSpec, Each, Parts, Run, Runnable};
use crate::error::SupervisorError;
use crate::options::ChildOptions;
use crate::recipe::{Recipe, Repeated};
use crate::supervisor::Supervisor;

/// Marks a [`Pool`] whose template has a value: its workers are all alike.
#[derive(Clone, Copy, Debug)]
pub struct Alike(());

/// Marks a [`Pool`] whose workers each get a value of their own.
#[derive(Clone, Copy, Debug)]
pub struct PerWorker(());

/// The worker type of a pool whose template is a function.
#[derive(Clone, Copy, Debug)]
pub struct Task(());

impl Child for Task {
    type Recipe = Infallible;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(_name: &str, recipe: Infallible) -> ChildSpec<Run<ChildRef<()>>> {
        match recipe {}
    }
}

/// State of a [`ChildSpec`] that is the template of a pool whose workers are all alike.
pub struct Same<W> {
    recipe: Arc<dyn Recipe>,
    worker: PhantomData<fn(W)>,
}

impl<W: Worker> ChildSpec<Each<W>> {
    /// Gives all workers this value.
    pub fn with_value(self, _value: W) -> ChildSpec<Same<W>> {
        let _recipe: Arc<dyn Recipe> = Arc::new(Repeated::new(_value));
        unimplemented!()
    }
}

/// What a pool can be made of.
pub trait PoolTemplate {
    /// The workers' type.
    type Worker: Child;
    /// Whether they are alike.
    type Value;
}

impl<W: Child> PoolTemplate for Each<W> {
    type Worker = W;
    type Value = PerWorker;
}

impl<W: Worker> PoolTemplate for Same<W> {
    type Worker = W;
    type Value = Alike;
}

impl PoolTemplate for Run<ChildRef<()>> {
    type Worker = Task;
    type Value = Alike;
}

/// A pool.
pub struct Pool<W, V = PerWorker> {
    supervisor: Supervisor,
    worker: PhantomData<fn(W, V)>,
}

impl<W: Child, V> Pool<W, V> {
    /// The pool's supervisor.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }
    /// Adds a worker with this value.
    pub async fn add_worker_with(&self, _value: W::Recipe) -> Result<W::Handle, SupervisorError> {
        unimplemented!()
    }
}

impl<W: Child> Pool<W, Alike> {
    /// Adds a worker like the others.
    pub async fn add_worker(&self) -> Result<W::Handle, SupervisorError> {
        unimplemented!()
    }
}

impl<W: Child> Pool<W, PerWorker>
where
    W::Recipe: Default,
{
    /// Adds a worker made with `Default`.
    pub async fn add_worker(&self) -> Result<W::Handle, SupervisorError> {
        unimplemented!()
    }
}

impl<W, V> Clone for Pool<W, V> {
    fn clone(&self) -> Self {
        Self { supervisor: self.supervisor.clone(), worker: PhantomData }
    }
}

impl<W, V> fmt::Debug for Pool<W, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
