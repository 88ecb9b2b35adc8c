//! Stand-ins for std's and tokio's items in the models, over the scheduler of shuttle.
//!
//! A model runs many times on one thread of the process, each time with another schedule. A task of
//! the model is a thread of shuttle, with a stack of its own, so that a switch can happen at each
//! lock and each atomic access, also in the middle of a poll.
//!
//! - Time is virtual: it stands still, or a timer that waits fires at any moment that the scheduler
//!   likes, and the clock jumps to its deadline ([`time`]).
//! - An aborted task drops its future where it would be polled next, as tokio's tasks do ([`task`]).
//! - The runtime can go away while the program goes on ([`runtime`]).
//! - A task can be out of budget at each operation that counts ([`task::poll_proceed`]).

pub(crate) mod clock;
pub(crate) mod hook;
mod once_lock;
pub(crate) mod random;
pub(crate) mod runtime;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod timers;

pub(crate) use shuttle::sync::{Mutex, MutexGuard};

pub(crate) use self::once_lock::OnceLock;

/// Atomics.
pub(crate) mod atomic {
    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
}

/// Declares a static that threads share: each run of a model has its own.
macro_rules! shared_static {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = $initial:expr;) => {
        shuttle::lazy_static! {
            $(#[$attribute])*
            static ref $name: $type = $initial;
        }
    };
}

/// Declares thread locals: each thread of the model, and so each task, has its own.
macro_rules! per_thread {
    ($($declarations:tt)*) => { shuttle::thread_local! { $($declarations)* } };
}

pub(crate) use {per_thread, shared_static};

/// Lets the scheduler switch to another thread.
fn switch() {
    shuttle::thread::sleep(std::time::Duration::ZERO);
}
