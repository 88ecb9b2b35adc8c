//! Ready-made children: blocking work, periodic jobs, programs.

mod blocking;
mod periodic;
#[cfg(all(unix, feature = "process"))]
mod program;

pub use self::blocking::{Blocking, BlockingContext, BlockingFn};
pub use self::periodic::{Every, Periodic, PeriodicFuture, PeriodicJob, WithoutContext};
#[cfg(all(unix, feature = "process"))]
pub use self::program::{Arguments, Program};
