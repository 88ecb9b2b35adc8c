//! How a child's lives are made from what the user gave.

use std::any::TypeId;
use std::cell::RefCell;
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

    /// Whether it is code and nothing else, so that nothing happens when it is dropped.
    fn is_bare(&self) -> bool {
        false
    }

    /// Whether its lives are all in their tasks, so that one that is not polled hangs.
    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        true
    }
}

/// A function or closure.
pub(crate) struct Function<F>(F);

thread_local! {
    /// The last bare function that a child was declared with: many children that run the same one
    /// need it once.
    static LAST_BARE: RefCell<Option<(TypeId, Arc<dyn Recipe>)>> = const { RefCell::new(None) };
}

impl<F, Fut> Function<F>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    /// Lives are calls of this function.
    pub(crate) fn recipe(function: F) -> Arc<dyn Recipe> {
        let function = Self(function);
        if !function.is_bare() {
            return Arc::new(function);
        }
        let kind = TypeId::of::<F>();
        let known = LAST_BARE.try_with(|last| match &*last.borrow() {
            Some((other, recipe)) if *other == kind => Some(Arc::clone(recipe)),
            _ => None,
        });
        known.ok().flatten().unwrap_or_else(|| {
            let recipe: Arc<dyn Recipe> = Arc::new(function);
            // (A thread that is ending keeps nothing any more.)
            let _ = LAST_BARE.try_with(|last| last.replace(Some((kind, Arc::clone(&recipe)))));
            recipe
        })
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
    fn is_bare(&self) -> bool {
        size_of::<F>() == 0 && !needs_drop::<F>()
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn idle(_: Context) -> ChildResult {
        Ok(())
    }

    #[test]
    fn children_of_the_same_bare_function_share_it() {
        let [first, second] = [(); 2].map(|()| Function::recipe(idle));
        assert!(Arc::ptr_eq(&first, &second));
        let other = Function::recipe(async |_: Context| Ok(()));
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(Function::recipe(idle).is_bare() && other.is_bare());
    }

    #[test]
    fn what_a_closure_has_captured_is_its_own() {
        let [first, second] = ["a", "b"].map(|text| {
            Function::recipe(move |_: Context| {
                assert!(!text.is_empty());
                idle(Context::of_this_life())
            })
        });
        assert!(!Arc::ptr_eq(&first, &second) && !first.is_bare());
    }
}
