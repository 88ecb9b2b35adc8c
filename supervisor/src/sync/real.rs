//! The items of std and tokio, as they are.

#![expect(clippy::disallowed_types, reason = "the one place that names the originals")]

pub(crate) mod clock;
pub(crate) mod hook;
pub(crate) mod random;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod timers;

pub(crate) type Mutex<T> = std::sync::Mutex<T>;
pub(crate) type MutexGuard<'a, T> = std::sync::MutexGuard<'a, T>;
pub(crate) type OnceLock<T> = std::sync::OnceLock<T>;

/// Atomics.
pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::Ordering;

    pub(crate) type AtomicBool = std::sync::atomic::AtomicBool;
    pub(crate) type AtomicU64 = std::sync::atomic::AtomicU64;
    pub(crate) type AtomicUsize = std::sync::atomic::AtomicUsize;
}

/// Declares a static that threads share: a lock or an atomic.
macro_rules! shared_static {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = $initial:expr;) => {
        $(#[$attribute])*
        static $name: $type = $initial;
    };
}

/// Declares thread locals, as [`std::thread_local!`] does.
macro_rules! per_thread {
    ($($declarations:tt)*) => { std::thread_local! { $($declarations)* } };
}

pub(crate) use {per_thread, shared_static};
