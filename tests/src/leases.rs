//! Support for the tests of engines that grant leases, each with a real server: replicas in this process,
//! shards, and rounds of faults over three processes.

pub mod rounds;

mod hand_over;
mod replica;
mod shards;

pub use hand_over::a_graceful_shutdown_hands_over_at_once;
pub use replica::{Replica, contains, until};
pub use shards::shards_are_shared_evenly;

/// The result of a step of such a test.
pub type StepResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
