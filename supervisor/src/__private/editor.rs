//! The words of the tree language as items with documentation, which rust-analyzer shows and
//! completes inside a tree. A compiler does not see their names in any expansion.
//!
//! A test of the macros compares the lists with the table of options.

#![allow(non_camel_case_types, non_upper_case_globals, reason = "the words are the language's")]

mod options;
pub mod values;

use std::future::Future;

use crate::{ChildResult, Context};

/// The strategies.
pub mod strategies {
    use crate::SupervisionStrategy;

    /// When a child fails, that child alone is restarted.
    pub type one_for_one = SupervisionStrategy;
    /// When a child fails, all children are stopped and started again.
    pub type one_for_all = SupervisionStrategy;
    /// When a child fails, that child and those declared after it are stopped and started again.
    pub type rest_for_one = SupervisionStrategy;
    /// A pool: its only child is the template of its workers, which come and go at run time, or of
    /// a fixed number of them, with `partitions`.
    pub type simple_one_for_one = SupervisionStrategy;
}

/// The word before the engine of a lease.
pub mod engine {
    /// The engine that grants the lease: a value, such as `PgLeases`. What has a name is cloned.
    pub const with: () = ();
}

/// The words with which a child may begin.
pub mod words {
    pub use super::strategies::*;

    /// The child is always restarted, also after `Ok(())`.
    pub type Always<Type = ()> = Type;
    /// The child is restarted after an error, a panic or a kill, and stays down after `Ok(())`.
    pub type Transient<Type = ()> = Type;
    /// The child is never restarted.
    pub type Temporary<Type = ()> = Type;
}

/// Declares a module for each place, with the options that may stand there.
macro_rules! places {
    ($($place:ident: $($option:ident)+;)+) => {
        $(
            #[doc = concat!("The options of this place: `", stringify!($place), "`.")]
            pub mod $place {
                pub use super::options::{$($option),+};
            }
        )+
    };
}

places! {
    root:
        max_restarts restart_window auto_shutdown order max_children kill_grace shutdown_within drain;
    pool_at_the_root:
        max_restarts restart_window auto_shutdown max_children partitions kill_grace shutdown_within
        drain;
    supervisor:
        max_restarts restart_window auto_shutdown order max_children kill_grace restart shutdown
        backoff start significant lease shards ttl renew overrun after health;
    pool:
        max_restarts restart_window auto_shutdown max_children partitions kill_grace restart
        shutdown backoff start significant after health;
    task:
        max_restarts shutdown backoff start start_timeout significant after heartbeat health every;
    typed:
        max_restarts shutdown backoff start start_timeout significant after heartbeat health mailbox
        drain histograms;
    derive:
        restart max_restarts shutdown backoff start start_timeout significant heartbeat health message
        mailbox drain histograms once;
}

/// Stands for a task: tells the type of its closure's argument.
pub fn task<F, Fut>(_: F)
where
    F: Fn(Context) -> Fut,
    Fut: Future<Output = ChildResult>,
{
}

/// Stands for a job.
pub fn job<F, Fut>(_: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = ChildResult>,
{
}
