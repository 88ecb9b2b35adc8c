//! Supervision trees for tokio.

mod child;
mod child_ref;
mod child_spec;
mod context;
mod error;
mod exit;
mod node;
mod options;
mod outline;
mod path;
mod pool;
mod recipe;
mod restart;
mod rules;
mod shutdown;
mod slot;
mod strategy;
mod supervisor;
mod tree;

#[doc(hidden)]
pub mod __private;

pub use child::{Addressable, Child, Worker, WorkerOnce};
pub use child_ref::ChildRef;
pub use child_spec::{ChildSpec, Each, NothingToRun, Run, Runnable};
pub use context::Context;
pub use error::SupervisorError;
pub use exit::{ChildError, ChildResult, Escalate, Escalation, ExitReason, Failure};
pub use options::{ChildOptions, StartMode};
pub use path::ChildPath;
pub use pool::{Alike, PerWorker, Pool, PoolTemplate, Same, Task};
pub use restart::{Backoff, MaxRestarts, RestartPolicy};
pub use shutdown::Shutdown;
pub use strategy::{AutoShutdown, SupervisionStrategy};
pub use supervisor::{Supervisor, SupervisorBuilder};
pub use tree::{Starting, Tree};

#[cfg(feature = "macros")]
pub use supervisor_macros::Child;

/// Declares a supervision tree.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! supervision_tree {
    // A proc macro cannot know what its caller calls this crate; `$crate` does.
    ($($tree:tt)*) => { $crate::__private::tree! { [$crate] $($tree)* } };
}

/// What a program with a tree needs.
pub mod prelude {
    pub use crate::{
        Child, ChildRef, ChildResult, ChildSpec, Context, Pool, RestartPolicy, Shutdown,
        SupervisionStrategy, Supervisor, SupervisorError, Worker, WorkerOnce,
    };
    #[cfg(feature = "macros")]
    pub use crate::supervision_tree;
}
