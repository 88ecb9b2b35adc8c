//! Types whose values are children.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use super::Context;
use crate::catch::{Guarded, drop_each};
use crate::life::{LifeFactory, PendingLife};
use crate::slot::{AnySlot, Slot};
use crate::spec::{ChildOptions, ChildResult, ExitReason, Name};
use crate::sync::task::JoinHandle;
use crate::sync::{Mutex, PoisonError};

/// A worker that has a mailbox: the part of `#[derive(Child)]` beside
/// [`Child`](trait@crate::Child).
///
/// This trait is separate from [`Child`](trait@crate::Child), since a tree is a child too and takes
/// no messages. It does not require [`Child`](trait@crate::Child): for a type with parameters, the
/// derive implements `Child` where the type is a [`Worker`], and a worker is `Addressable`, so that
/// the requirement would be circular.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Child`",
    label = "add `#[derive(Child)]` to this type",
    note = "the derive comes with `use supervisor::prelude::*;`"
)]
pub trait Addressable: Sized {
    /// The messages that the worker takes; `()` unless the derive names a type with `message = …`.
    type Message: Send + 'static;

    /// The default options of a worker of this type: those of `#[child(…)]`. They are its
    /// [`Child::OPTIONS`](crate::Child::OPTIONS) too.
    const DEFAULTS: ChildOptions;
}

/// A child that runs any number of times, each life with fresh locals.
///
/// The value is the child's immutable recipe: `run` borrows it, so that a life's changes are gone
/// with that life. State that is meant to survive a restart goes behind an `Arc` in the value.
/// "Let it crash" works because each life starts from a clean state.
///
/// State that a life changes belongs in local variables of `run`. If it is a field, the compiler says
/// "cannot assign to `self.count`", and its advice, `&mut self`, does not help. The type of the
/// messages is an option of the derive, `#[child(message = Query)]`, not an associated type; if it is
/// left out, the compiler says "expected `()`, found `Query`".
///
/// # Errors
///
/// The life ends with `run`: `Ok(())` is a normal end, an error or a panic an abnormal one. The
/// child's [`RestartPolicy`](crate::RestartPolicy) decides whether the next life begins.
///
/// # Cancel safety
///
/// A life that is aborted is dropped at an await point, and its locals with it. At a stop, a life is
/// aborted if it never looked at its shutdown signal, or did not end within its shutdown time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Worker`",
    label = "write `impl Worker for {Self} {{ async fn run(&self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl WorkerOnce`, add `#[child(restart = Temporary, once)]` to the type"
)]
pub trait Worker: Addressable + Send + Sync + 'static {
    /// Runs one life of the child.
    fn run(&self, ctx: Context<Self::Message>) -> impl LifeFuture + Send;
}

/// A child that owns a value that exists only once, such as a socket: one life, by value.
///
/// Its type needs `#[child(restart = Temporary, once)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `WorkerOnce`",
    label = "write `impl WorkerOnce for {Self} {{ async fn run(self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl Worker`, leave `once` out of its `#[child(…)]`"
)]
pub trait WorkerOnce: Addressable + Send + 'static {
    /// Runs the only life of the child.
    fn run(self, ctx: Context<Self::Message>) -> impl LifeFuture + Send;
}

/// The future of a life: what `run` returns.
#[diagnostic::on_unimplemented(
    message = "`run` is no life: it returns `{Self}`",
    label = "`run` is an `async fn` that returns `ChildResult`",
    note = "a life ends with `Ok(())`, or with an error, to which `?` converts every `std::error::Error` and every text",
    note = "a function that blocks its thread is a `Blocking`"
)]
pub trait LifeFuture: Future<Output = ChildResult> {}

#[diagnostic::do_not_recommend]
impl<F: Future<Output = ChildResult>> LifeFuture for F {}

/// A factory whose lives each borrow the worker.
pub(crate) struct WorkerFactory<W>(Guarded<W>);

impl<W> WorkerFactory<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(Guarded::new(worker))
    }
}

impl<W: Worker> LifeFactory for WorkerFactory<W> {
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        Ok(life.spawn(async move { self.0.run(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<W::Message>::new(name, capacity))
    }

    fn give_back(self: Arc<Self>, to: &mut dyn Any) {
        if let Some(to) = to.downcast_mut::<Option<W>>()
            && let Some(factory) = Arc::into_inner(self)
        {
            *to = factory.0.into_inner();
        }
    }
}

/// A factory whose only life consumes the worker.
///
/// A worker that has no life is dropped under a guard, as that of a [`WorkerFactory`] is.
pub(crate) struct OnceFactory<W>(Mutex<Option<W>>);

impl<W> OnceFactory<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(Mutex::new(Some(worker)))
    }
}

impl<W> Drop for OnceFactory<W> {
    fn drop(&mut self) {
        drop_each(self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl<W: WorkerOnce> LifeFactory for OnceFactory<W> {
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        let worker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(worker) = worker else { return Err(ExitReason::UsedUp) };
        Ok(life.spawn(async move { worker.run(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<W::Message>::new(name, capacity))
    }

    fn give_back(self: Arc<Self>, to: &mut dyn Any) {
        if let Some(to) = to.downcast_mut::<Option<W>>() {
            *to = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    #[cfg(feature = "test-util")]
    fn is_once(&self) -> bool {
        true
    }
}
