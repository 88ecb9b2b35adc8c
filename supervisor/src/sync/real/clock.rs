//! The runtime's clock, which stands still in tests that pause it.

#![expect(clippy::disallowed_methods, reason = "the one place that names the originals")]

use std::time::{Duration, Instant};

/// Returns the current instant of tokio's clock.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Returns the current instant of the process's own clock, which no test pauses.
pub(crate) fn real_now() -> Instant {
    Instant::now()
}

/// Returns the reading of the system's clock that goes on while the machine sleeps.
#[cfg(feature = "lease")]
pub(crate) fn boottime() -> Duration {
    #[cfg(unix)]
    {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        // Neither field is negative: the clock counts from the start of the machine.
        Duration::try_from(rustix::time::clock_gettime(CLOCK)).unwrap_or_default()
    }
    #[cfg(not(unix))]
    {
        static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed() + Duration::from_secs(1)
    }
}

/// Returns `true` if a test has paused tokio's clock, which tokio does not tell.
///
/// In a program that never pauses it, tokio's clock is the real one, and this reads it three times.
/// A clock that was paused, and runs on, is seen to move.
pub(crate) fn is_paused() -> bool {
    let before = Instant::now();
    let seen = now();
    if before <= seen && seen <= Instant::now() {
        return false;
    }
    let real = Instant::now();
    while real.elapsed() < Duration::from_micros(1) {}
    now() == seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_clock_that_stands_still_is_paused() {
        assert!(!is_paused());
        tokio::time::pause();
        assert!(is_paused());
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert!(is_paused());
        tokio::time::resume();
        assert!(!is_paused());
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_paused_from_the_start_is_paused() {
        assert!(is_paused());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(is_paused());
    }
}
