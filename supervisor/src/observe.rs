//! The parts of a tree that users can observe: events, the log, snapshots, reports. Nothing here
//! changes the state of a child or of a supervisor.

mod elsewhere;
mod event;
mod health;
mod health_signal;
mod info;
mod lease_status;
pub(crate) mod log;
mod moves;
mod shutdown_report;
mod snapshot;
mod subscribers;

pub use self::event::{Event, EventKind};
pub use self::health::{Health, HealthProblem, HealthReason};
pub(crate) use self::health_signal::{HealthSignal, HealthWatch, is_watched};
pub use self::info::{ChildCount, ChildInfo, ChildSpecInfo, SupervisorStats};
pub use self::lease_status::{HealthLease, LeaseState, LeaseStatus};
pub(crate) use self::log::{Circumstances, LifeSpan};
pub(crate) use self::moves::{Moves, Moving};
pub use self::shutdown_report::ShutdownReport;
pub use self::snapshot::{Snapshot, Snapshots, Wait};
pub use self::subscribers::Events;
pub(crate) use self::subscribers::{Subscribers, is_subscribed};
