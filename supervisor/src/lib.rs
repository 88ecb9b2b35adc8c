//! Supervision trees for tokio.

mod builder;
mod census;
mod child;
mod child_ref;
mod child_spec;
mod context;
mod current;
mod driver;
mod engine;
mod error;
mod event;
mod exit;
mod held;
mod inbox;
mod inside;
mod journal;
mod life;
mod mailbox;
mod node;
mod options;
mod outline;
mod path;
mod placing;
mod pool;
mod reaper;
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

pub use builder::SupervisorBuilder;
pub use census::{ChildCount, ChildInfo, ChildSpecInfo, Snapshot, SupervisorStats};
pub use child::{Addressable, Child, Worker, WorkerOnce};
#[doc(hidden)]
pub use child::{Life, Shared, Unsaid};
pub use child_ref::{AnyChildRef, ChildRef};
pub use child_spec::{ChildSpec, Each, NothingToRun, Run, Runnable, Same};
pub use context::{Context, ShutdownRequested};
pub use engine::{ChildKind, ChildState};
pub use error::SupervisorError;
pub use event::{Event, EventKind, Events};
pub use exit::{ChildError, ChildResult, Escalate, Escalation, ExitReason, Failure};
pub use mailbox::{AskError, Asking, Reply, SendError, Sending, TrySendError};
pub use options::{ChildOptions, StartMode};
pub use path::ChildPath;
pub use pool::{Alike, PerWorker, Pool, PoolTemplate, Task};
pub use restart::{Backoff, MaxRestarts, RestartPolicy};
pub use shutdown::{Shutdown, ShutdownReport};
pub use strategy::{AutoShutdown, SupervisionStrategy};
pub use supervisor::{AddChild, Supervisor};
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
    #[cfg(feature = "macros")]
    pub use crate::supervision_tree;
    pub use crate::{
        Child, ChildRef, ChildResult, ChildSpec, Context, Each, Pool, Reply, RestartPolicy,
        Shutdown, SupervisionStrategy, Supervisor, SupervisorError, Worker, WorkerOnce,
    };
}
