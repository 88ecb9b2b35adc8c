//! The one source of what tasks and threads share and wait for: locks, atomics, statics, thread
//! locals, tasks, timers and clocks.
//!
//! In the build of users these are std's and tokio's own items ([`real`]): aliases of types, and
//! functions that are inlined. In the tests with `--cfg shuttle`, shuttle's items stand in for them
//! ([`model`]), and a scheduler decides at each lock, atomic access, spawn and wake-up which thread
//! goes on, and when time passes. The models in `models` run the core in this way: see
//! `CONTRIBUTING.md`.
//!
//! Clippy keeps the rest of the crate from the originals (`supervisor/clippy.toml`): a lock that the
//! scheduler does not know of would be one whose races no model finds.
//!
//! Some items need no counterpart:
//!
//! - `Arc` and `Weak` are std's: nothing is decided by a reference count. shuttle has no others.
//! - tokio's `oneshot` and `Notify` are tokio's own. Tasks wait for them by their wakers, which are
//!   the scheduler's, and they hold no lock while they wake a task. What happens between two steps
//!   inside them is tokio's to test.
//! - [`PoisonError`] and [`Ordering`](atomic::Ordering) are plain data, the same for both.

#[cfg(all(test, shuttle))]
pub(crate) mod model;
#[cfg(not(all(test, shuttle)))]
mod real;

use std::future::Future;
use std::pin::Pin;
pub(crate) use std::sync::PoisonError;

#[cfg(all(test, shuttle))]
pub(crate) use self::model::{
    Mutex, MutexGuard, OnceLock, atomic, clock, hook, per_thread, random, shared_static, task,
    time, timers,
};
#[cfg(not(all(test, shuttle)))]
pub(crate) use self::real::{
    Mutex, MutexGuard, OnceLock, atomic, clock, hook, per_thread, random, shared_static, task,
    time, timers,
};

/// The future of a task that comes rarely. All have one type, since tokio's code for a task is compiled
/// again for each type of future.
pub(crate) type RareTask = Pin<Box<dyn Future<Output = ()> + Send>>;
