//! Timers of the current tokio runtime.

#![expect(clippy::disallowed_methods, reason = "the one place that names the originals")]

use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::catch::catch_panic;

#[expect(clippy::disallowed_types, reason = "the one place that names the originals")]
pub(crate) type Sleep = tokio::time::Sleep;

/// Waits until this instant.
///
/// # Panics
///
/// Panics on a thread without a runtime that has timers.
#[inline]
#[track_caller]
pub(crate) fn sleep_until(at: Instant) -> Sleep {
    tokio::time::sleep_until(at.into())
}

/// Waits for this time. Returns `None` on a thread without a runtime that has timers.
pub(crate) fn try_sleep(time: Duration) -> Option<Sleep> {
    // Tokio has no other way to ask whether the runtime has timers.
    Handle::try_current().ok().and_then(|_| catch_panic(|| tokio::time::sleep(time)))
}
