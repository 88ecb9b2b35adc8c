//! Running supervisors: the supervisor's place in the tree (`node`), the task that carries out what
//! its engine decides (`driver`), and the children that it is built with (`declaration`).

mod backoff_seed;
mod declaration;
mod driver;
mod node;
mod reaper;

pub(crate) use self::declaration::Declaration;
pub(crate) use self::driver::{ChildTask, SupervisorRun};
#[cfg(all(test, not(shuttle)))]
pub(crate) use self::node::Declared;
pub use self::node::ErasedSpec;
pub(crate) use self::node::{
    Body, Hold, Node, NodeState, PoolTemplate, ShutdownOnDrop, Steps, Trees, Unplaced, resolve,
    resolve_template,
};
