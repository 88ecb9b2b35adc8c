//! The clock by which leases are counted: it goes on while the machine sleeps.

use std::fmt;
#[cfg(feature = "test-util")]
use std::sync::Arc;
use std::time::Duration;
#[cfg(feature = "test-util")]
use std::time::Instant;

#[cfg(feature = "test-util")]
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::clock;

/// The clock by which a replica counts the time of its leases.
///
/// Rust's [`Instant`](std::time::Instant) and tokio's timers stand still while the machine is
/// suspended; the lease ends all the same. So leases are counted by [`boottime`](Self::boottime).
/// (Tests of a handover use the clock of the in-memory leases in `testing`, which follows tokio's,
/// paused or not, and can be turned.)
#[derive(Clone)]
pub struct LeaseClock(Source);

#[derive(Clone)]
enum Source {
    Boottime,
    #[cfg(feature = "test-util")]
    Turned(Arc<TurnedClock>),
}

impl LeaseClock {
    /// Returns the system's clock that goes on while the machine sleeps: `CLOCK_BOOTTIME` of Linux
    /// and Android, `CLOCK_MONOTONIC` of other Unix systems (that of macOS goes on in the machine's
    /// sleep), and Rust's own `Instant` elsewhere.
    #[must_use]
    pub const fn boottime() -> Self {
        Self(Source::Boottime)
    }

    /// Returns the reading of the clock: the time since a moment that does not change.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::Boottime => clock::boottime(),
            #[cfg(feature = "test-util")]
            Source::Turned(clock) => clock.now(),
        }
    }

    /// Returns `true` if the clock goes on in real time, whatever a test does.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self.0, Source::Boottime)
    }
}

#[cfg(feature = "test-util")]
impl From<Arc<TurnedClock>> for LeaseClock {
    fn from(clock: Arc<TurnedClock>) -> Self {
        Self(Source::Turned(clock))
    }
}

impl fmt::Debug for LeaseClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LeaseClock").field(&self.now()).finish()
    }
}

/// A clock that follows tokio's and can be turned forward: as if the machine had slept.
#[cfg(feature = "test-util")]
pub(crate) struct TurnedClock {
    origin: Instant,
    /// The time by which it was turned, in nanoseconds.
    turned: AtomicU64,
}

#[cfg(feature = "test-util")]
impl TurnedClock {
    pub(crate) fn new() -> Self {
        Self { origin: clock::now(), turned: AtomicU64::new(0) }
    }

    pub(crate) fn turn(&self, by: Duration) {
        self.turned.fetch_add(super::nanos(by), Ordering::SeqCst);
    }

    fn now(&self) -> Duration {
        let slept = Duration::from_nanos(self.turned.load(Ordering::SeqCst));
        // Not zero: a gate whose moment is zero is shut.
        clock::now().saturating_duration_since(self.origin) + slept + Duration::from_secs(1)
    }
}
