//! The runtime's clock, which stands still in tests that pause it.

use std::time::Instant;

/// Returns the current instant of tokio's clock.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
