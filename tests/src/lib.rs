//! Support for the tests: a limit for every wait, children that can be steered, a gauge of the
//! lives that exist; what a fault matrix prints; the conformance with Erlang; and the tests of leases.

pub mod leases;
pub mod matrix;
pub mod otp;

mod captured;
mod event_filters;
mod gauge;
mod halfway;
mod limit;
mod processor;
mod stage;
mod threads;

pub use captured::{capture_log, logged, logs, subscribe};
pub use event_filters::{
    about, delayed, printed, restarted, start_failed, started, supervisor_terminated, terminated,
};
pub use gauge::{Gauge, Life};
pub use halfway::begin_and_drop;
pub use limit::{event, quiet, time_to_stop, until, within};
pub use processor::{time_of_this_thread, time_without_processor};
pub use stage::{OnStage, Order, Stage};
pub use threads::names_of_threads;
