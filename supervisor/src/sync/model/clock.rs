//! The clock of the model: one for the runtime and the process.

use std::time::Instant;

use super::runtime;

pub(crate) fn now() -> Instant {
    runtime::now()
}

pub(crate) fn real_now() -> Instant {
    runtime::now()
}

/// No task of a model runs in real time beside the clock.
pub(crate) fn is_paused() -> bool {
    false
}
