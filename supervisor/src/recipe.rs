//! How a child's lives are made from what the user gave.

use std::any::Any;
use std::future::Future;
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
    fn launch(&self, seed: Seed) -> Result<JoinHandle<()>, ExitReason>;

    /// A new place for a worker of a pool.
    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot>;
}

/// A function or closure.
pub(crate) struct Function<F>(Arc<F>);

impl<F> Function<F> {
    pub(crate) fn new(function: F) -> Self {
        Self(Arc::new(function))
    }
}

impl<F, Fut> Recipe for Function<F>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    fn launch(&self, seed: Seed) -> Result<JoinHandle<()>, ExitReason> {
        let context = context(&seed);
        let function = Arc::clone(&self.0);
        Ok(seed.spawn(async move { function(context).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<()>::new(name, capacity))
    }
}

/// A worker that is borrowed by each of its lives.
pub(crate) struct Repeated<W>(Arc<W>);

impl<W> Repeated<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(Arc::new(worker))
    }
}

impl<W: Worker> Recipe for Repeated<W> {
    fn launch(&self, seed: Seed) -> Result<JoinHandle<()>, ExitReason> {
        let context = context(&seed);
        let worker = Arc::clone(&self.0);
        Ok(seed.spawn(async move { worker.run(context).await }))
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
    fn launch(&self, seed: Seed) -> Result<JoinHandle<()>, ExitReason> {
        let worker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(worker) = worker else { return Err(ExitReason::UsedUp) };
        let context = context(&seed);
        Ok(seed.spawn(async move { worker.run(context).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<W::Message>::new(name, capacity))
    }
}

/// The context of a life in a slot that was made with the recipe, so its message type is `M`.
fn context<M: Send + 'static>(seed: &Seed) -> Context<M> {
    let any: Arc<dyn Any + Send + Sync> = Arc::clone(&seed.slot).into_any();
    let slot = any.downcast::<Slot<M>>().unwrap_or_else(|_| {
        // A slot is only ever paired with the recipe that it was made for.
        unreachable!("the slot of another message type")
    });
    Context::new(slot, seed.generation, seed.notify, seed.heartbeat)
}
