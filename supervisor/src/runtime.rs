//! Running supervisors: the supervisor's place in the tree (`node`), and the task that carries out
//! what its engine decides (`driver`).

mod backoff_seed;
mod driver;
mod node;
mod reaper;

pub(crate) use self::driver::{ChildTask, SupervisorRun};
pub use self::node::ErasedSpec;
pub(crate) use self::node::{
    Body, Declaration, Declared, Node, NodeState, PoolTemplate, ShutdownOnDrop, Trees, Unplaced,
    prepare_adoption, rules_of, rules_of_kind,
};
pub(crate) use self::reaper::Reaper;
