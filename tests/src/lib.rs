//! Support for the tests: a limit for every wait, children that can be steered, a gauge of the
//! lives that exist.

mod gauge;
mod limit;

pub use gauge::{Gauge, Life};
pub use limit::{event, within};
