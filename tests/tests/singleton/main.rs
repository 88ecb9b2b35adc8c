//! Tests singletons: children that run in one replica only, while it holds a lease.

mod broken_engine;
mod children;
mod hand_over;
mod loss;
mod processes;
mod refused;
mod replica;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);
