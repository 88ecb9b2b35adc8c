//! The clock of the model: one for the runtime and the process.

use std::time::Instant;

use super::runtime;

pub(crate) fn now() -> Instant {
    runtime::now()
}

pub(crate) fn real_now() -> Instant {
    runtime::now()
}

#[cfg(feature = "lease")]
pub(crate) fn boottime() -> std::time::Duration {
    // No model holds a lease.
    std::time::Duration::from_secs(1)
}

/// No task of a model runs in real time beside the clock.
pub(crate) fn is_paused() -> bool {
    false
}
