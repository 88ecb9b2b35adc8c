//! Instants in a small form, for structures of which there are many.

use std::num::NonZeroI64;
use std::time::{Duration, Instant};

use crate::sync::{OnceLock, clock, shared_static};

/// An instant in half of its size: nanoseconds since the type's first use in this process. They are
/// negative for earlier instants, which tokio's paused clocks make possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedInstant(NonZeroI64);

impl PackedInstant {
    pub(crate) fn of(instant: Instant) -> Self {
        let nanos = |time: Duration| {
            let secs = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            secs.saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos().into())
        };
        let first = first();
        let since = match instant.checked_duration_since(first) {
            // (Counted from one, so that an `Option<PackedInstant>` is no larger.)
            Some(since) => nanos(since).saturating_add(1),
            None => -nanos(first.saturating_duration_since(instant)),
        };
        Self(NonZeroI64::new(since).unwrap_or(NonZeroI64::MIN))
    }

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

    /// Returns the time from another instant to this one, or zero if this one is not later.
    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        // Without the one from which the instants after the first are counted.
        let nanos = |instant: Self| instant.0.get() - i64::from(instant.0.get() > 0);
        let since = nanos(self).saturating_sub(nanos(earlier));
        Duration::from_nanos(since.max(0).unsigned_abs())
    }
}

/// The last instant that was packed, with its packed form: usually the next instant to be packed is
/// the same.
#[derive(Debug, Default)]
pub(crate) struct LastPacked(Option<(Instant, PackedInstant)>);

impl LastPacked {
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

/// Returns the instant from which this process counts.
fn first() -> Instant {
    shared_static! { static FIRST: OnceLock<Instant> = OnceLock::new(); }
    *FIRST.get_or_init(clock::real_now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_packed_instant_is_not_that_of_another_instant() {
        let (mut last, now) = (LastPacked::default(), Instant::now());
        for millis in [0, 0, 1, 1, 0] {
            let instant = now + Duration::from_millis(millis);
            assert_eq!(last.of(instant), PackedInstant::of(instant));
        }
    }

    #[test]
    fn a_packed_instant_is_its_instant() {
        let first = first();
        let times = [0, 1, 2, 999_999_999, 1_000_000_000, u64::from(u32::MAX) * 1_000_000_000];
        for time in times.map(Duration::from_nanos) {
            assert_eq!(PackedInstant::of(first + time).instant(), first + time);
            if let Some(before) = first.checked_sub(time) {
                assert_eq!(PackedInstant::of(before).instant(), before);
            }
        }
    }

    #[test]
    fn the_time_between_packed_instants_is_that_between_the_instants() {
        let (first, day) = (first(), Duration::from_secs(86_400));
        let (nanosecond, zero) = (Duration::from_nanos(1), Duration::ZERO);
        let instants = [Some(first), first.checked_add(day), first.checked_sub(day)];
        for earlier in instants.into_iter().flatten().filter_map(|at| at.checked_sub(nanosecond)) {
            for time in [zero, nanosecond, 2 * nanosecond, day] {
                let (packed, later) =
                    (PackedInstant::of(earlier), PackedInstant::of(earlier + time));
                assert_eq!(later.saturating_duration_since(packed), time);
                assert_eq!(packed.saturating_duration_since(later), zero);
            }
        }
    }
}
