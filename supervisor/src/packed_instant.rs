//! Compact instants, for those that are stored in large numbers.

use std::num::NonZeroI64;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// An instant in half the size of [`Instant`]: the number of nanoseconds since the first use of
/// this type in the process. It is negative for an earlier instant, which is possible on tokio's
/// paused clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedInstant(NonZeroI64);

impl PackedInstant {
    /// Packs an instant.
    pub(crate) fn of(instant: Instant) -> Self {
        let nanos = |time: Duration| {
            let secs = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            secs.saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos().into())
        };
        let first = first();
        let since = match instant.checked_duration_since(first) {
            // Count from one: zero stands for `None`, so that `Option<PackedInstant>` is no larger.
            Some(since) => nanos(since).saturating_add(1),
            None => -nanos(first.saturating_duration_since(instant)),
        };
        Self(NonZeroI64::new(since).unwrap_or(NonZeroI64::MIN))
    }

    /// Unpacks the instant.
    pub(crate) fn instant(self) -> Instant {
        let since = self.0.get();
        let nanos = Duration::from_nanos(since.unsigned_abs());
        let unpacked = if since > 0 {
            first().checked_add(nanos.saturating_sub(Duration::from_nanos(1)))
        } else {
            first().checked_sub(nanos)
        };
        unpacked.unwrap_or_else(first)
    }
}

/// A cache of the last packed instant: as a rule the next instant to be packed is the same.
#[derive(Debug, Default)]
pub(crate) struct LastPacked(Option<(Instant, PackedInstant)>);

impl LastPacked {
    /// Packs an instant, or returns the cached result.
    pub(crate) fn of(&mut self, instant: Instant) -> PackedInstant {
        if let Some((last, packed)) = self.0
            && last == instant
        {
            return packed;
        }
        let packed = PackedInstant::of(instant);
        self.0 = Some((instant, packed));
        packed
    }
}

/// Returns the instant of the first use in the process, which all packed instants refer to.
fn first() -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    *FIRST.get_or_init(Instant::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_instant_is_not_that_of_another() {
        let (mut last, now) = (LastPacked::default(), Instant::now());
        for millis in [0, 0, 1, 1, 0] {
            let instant = now + Duration::from_millis(millis);
            assert_eq!(last.of(instant), PackedInstant::of(instant));
        }
    }

    #[test]
    fn a_packed_instant_unpacks_to_itself() {
        let first = first();
        let times = [0, 1, 2, 999_999_999, 1_000_000_000, u64::from(u32::MAX) * 1_000_000_000];
        for time in times.map(Duration::from_nanos) {
            assert_eq!(PackedInstant::of(first + time).instant(), first + time);
            if let Some(before) = first.checked_sub(time) {
                assert_eq!(PackedInstant::of(before).instant(), before);
            }
        }
    }
}
