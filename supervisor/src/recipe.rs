//! How a child's lives are made from what the user gave.

use std::any::TypeId;
use std::future::Future;
use std::mem::needs_drop;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use crate::child::{Worker, WorkerOnce};
use crate::context::Context;
use crate::exit::{ChildResult, ExitReason};
use crate::life::Seed;
use crate::path::Name;
use crate::slot::{AnySlot, Slot};

/// Makes lives. None of the user's code runs here: it runs in the life's own task.
pub(crate) trait Recipe: Send + Sync + 'static {
    /// Spawns a life, if another one can be made.
    fn launch(self: Arc<Self>, seed: Seed) -> Result<JoinHandle<()>, ExitReason>;

    /// A new place for a worker of a pool.
    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot>;

    /// What it is made from, if that is all there is to it: then one does for all of its kind.
    fn kind(&self) -> Option<TypeId> {
        None
    }

    /// Whether its lives are all in their tasks, so that one that is not polled hangs.
    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        true
    }
}

/// A function or closure.
pub(crate) struct Function<F>(F);

impl<F> Function<F> {
    pub(crate) fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F, Fut> Recipe for Function<F>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    fn launch(self: Arc<Self>, seed: Seed) -> Result<JoinHandle<()>, ExitReason> {
        Ok(seed.spawn(async move { (self.0)(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<()>::new(name, capacity))
    }

    /// A function, or a closure that has captured nothing.
    fn kind(&self) -> Option<TypeId> {
        let is_bare = size_of::<F>() == 0 && !needs_drop::<F>();
        is_bare.then(TypeId::of::<F>)
    }
}

/// A worker that is borrowed by each of its lives.
pub(crate) struct Repeated<W>(W);

impl<W> Repeated<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(worker)
    }
}

impl<W: Worker> Recipe for Repeated<W> {
    fn launch(self: Arc<Self>, seed: Seed) -> Result<JoinHandle<()>, ExitReason> {
        Ok(seed.spawn(async move { self.0.run(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<W::Message>::new(name, capacity))
    }
}

/// A worker that is consumed by its only life.
pub(crate) struct Once<W>(Mutex<Option<W>>);

impl<W> Once<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(Mutex::new(Some(worker)))
    }
}

impl<W: WorkerOnce> Recipe for Once<W> {
    fn launch(self: Arc<Self>, seed: Seed) -> Result<JoinHandle<()>, ExitReason> {
        let worker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(worker) = worker else { return Err(ExitReason::UsedUp) };
        Ok(seed.spawn(async move { worker.run(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<W::Message>::new(name, capacity))
    }
}
