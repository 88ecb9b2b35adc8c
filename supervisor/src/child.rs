//! The items that the author of a child uses: the traits of its type, its context, its address.

#[macro_use]
mod not_awaited;
mod child_ref;
mod context;
mod deadlock;
mod elsewhere;
mod question;
mod sending;
mod task;
mod until_shutdown;
mod worker;

pub use self::child_ref::{AnyChildRef, ChildRef};
pub use self::context::Context;
pub(crate) use self::not_awaited::NotAwaited;
pub use self::question::Question;
pub use self::sending::{Asking, Sending};
pub(crate) use self::task::FnFactory;
pub use self::task::{NoTask, TaskFn, TaskFuture};
pub use self::until_shutdown::UntilShutdown;
pub use self::worker::{Addressable, LifeFuture, Worker, WorkerOnce};
pub(crate) use self::worker::{OnceFactory, WorkerFactory};
