//! Types whose values are children.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::Context;
use crate::life::{LifeFactory, PendingLife};
use crate::slot::{AnySlot, Slot};
use crate::spec::{ChildOptions, ChildResult, ExitReason, Name};

/// A worker's mailbox: what `#[derive(Child)]` adds to [`Child`](trait@crate::Child).
///
/// It stands apart, since a tree is a child too and takes no messages. It does not require
/// [`Child`](trait@crate::Child): for a type with parameters, the derive implements that where the type is a
/// [`Worker`], and a worker is `Addressable`; the circle would have no end.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Child`",
    label = "add `#[derive(Child)]` to this type"
)]
pub trait Addressable: Sized {
    /// What can be sent to it; `()` unless the derive names a type with `message = …`.
    type Message: Send + 'static;

    /// What a worker of this type has unless something else is said of it: the options of
    /// `#[child(…)]`. They are its [`Child::OPTIONS`](crate::Child::OPTIONS) too.
    const DEFAULTS: ChildOptions;
}

/// A child that runs any number of times, each life with fresh locals.
///
/// The value is the child's immutable recipe: `run` borrows it, so what a life changes is gone
/// with that life. State that is meant to survive a restart goes behind an `Arc` in the value.
/// That each life starts from a clean state is what makes "let it crash" work.
///
/// # Errors
///
/// `run` ends the life: `Ok(())` is a normal end; an error or a panic an abnormal one. What
/// follows is a matter of the [`RestartPolicy`](crate::RestartPolicy).
///
/// # Cancel safety
///
/// A life is dropped at an await point when it is aborted: when it never looked at its shutdown
/// signal, or did not end within its shutdown time. Its locals are dropped then.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Worker`",
    label = "write `impl Worker for {Self} {{ async fn run(&self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl WorkerOnce`, add `#[child(restart = Temporary, once)]` to the type"
)]
pub trait Worker: Addressable + Send + Sync + 'static {
    /// One life of the child.
    fn run(&self, ctx: Context<Self::Message>) -> impl Future<Output = ChildResult> + Send;
}

/// A child that owns what cannot be had twice, such as a socket: one life, by value.
///
/// `#[child(restart = Temporary, once)]` goes with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `WorkerOnce`",
    label = "write `impl WorkerOnce for {Self} {{ async fn run(self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl Worker`, leave `once` out of its `#[child(…)]`"
)]
pub trait WorkerOnce: Addressable + Send + 'static {
    /// The only life of the child.
    fn run(self, ctx: Context<Self::Message>) -> impl Future<Output = ChildResult> + Send;
}

/// A worker that is borrowed by each of its lives.
pub(crate) struct WorkerFactory<W>(W);

impl<W> WorkerFactory<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(worker)
    }
}

impl<W: Worker> LifeFactory for WorkerFactory<W> {
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        Ok(life.spawn(async move { self.0.run(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<W::Message>::new(name, capacity))
    }
}

/// A worker that is consumed by its only life.
pub(crate) struct OnceFactory<W>(Mutex<Option<W>>);

impl<W> OnceFactory<W> {
    pub(crate) fn new(worker: W) -> Self {
        Self(Mutex::new(Some(worker)))
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
}
