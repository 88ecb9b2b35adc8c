//! Supervision trees for tokio.

mod child;
mod child_ref;
mod child_spec;
mod context;
mod error;
mod exit;
#[cfg_attr(not(test), expect(dead_code, reason = "the slots that use it follow"))]
mod mailbox;
mod node;
mod options;
mod path;
mod pool;
mod recipe;
mod restart;
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
pub use mailbox::{AskError, Asking, Reply, SendError, Sending, TrySendError};
pub use options::{ChildOptions, StartMode};
pub use path::ChildPath;
pub use pool::{Alike, PerWorker, Pool, PoolTemplate, Same, Task};
pub use restart::{Backoff, MaxRestarts, RestartPolicy};
pub use shutdown::Shutdown;
pub use strategy::{AutoShutdown, SupervisionStrategy};
pub use supervisor::{Supervisor, SupervisorBuilder};
pub use tree::{Starting, Tree};

/// What a program with a tree needs.
pub mod prelude {
    pub use crate::{
        Child, ChildRef, ChildResult, ChildSpec, Context, Pool, RestartPolicy, Shutdown,
        SupervisionStrategy, Supervisor, SupervisorError, Worker, WorkerOnce,
    };
}
