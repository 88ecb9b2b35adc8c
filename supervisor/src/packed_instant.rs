//! Instants in a small form that is cheap to count with.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use crate::sync::{OnceLock, clock, shared_static};

/// An instant in half of its size, as a number of nanoseconds: the type's first use in this process has
/// the number [`FIRST`]. Earlier instants, which tokio's paused clocks make possible, have smaller ones.
///
/// The engine and the slots know time in this form: to compare two of these, or to add a time to one,
/// takes an instruction or two, and the clock is read and converted once for all that happens in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedInstant(NonZeroU64);

/// The number of the instant from which this process counts: there are 292 years before it and after it.
const FIRST: u64 = 1 << 63;

impl PackedInstant {
    /// Reads the clock.
    pub(crate) fn now() -> Self {
        Self::of(clock::now())
    }

    pub(crate) fn of(instant: Instant) -> Self {
        let first = first();
        let number = if let Some(since) = instant.checked_duration_since(first) {
            FIRST.saturating_add(nanos(since).unwrap_or(u64::MAX))
        } else {
            let before = nanos(first.saturating_duration_since(instant));
            FIRST.saturating_sub(before.unwrap_or(u64::MAX))
        };
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    pub(crate) fn instant(self) -> Instant {
        let number = self.0.get();
        let unpacked = match number.checked_sub(FIRST) {
            Some(since) => first().checked_add(Duration::from_nanos(since)),
            None => first().checked_sub(Duration::from_nanos(FIRST - number)),
        };
        unpacked.unwrap_or_else(first)
    }

    /// Returns the instant that is later by this time; `None` if it is out of the range.
    pub(crate) fn checked_add(self, time: Duration) -> Option<Self> {
        self.0.checked_add(nanos(time)?).map(Self)
    }

    /// Returns the instant that is earlier by this time; `None` if it is out of the range.
    pub(crate) fn checked_sub(self, time: Duration) -> Option<Self> {
        NonZeroU64::new(self.0.get().checked_sub(nanos(time)?)?).map(Self)
    }

    /// Returns `true` if this instant is later than another by this time at least.
    pub(crate) fn is_later_by(self, time: Duration, earlier: Self) -> bool {
        earlier.checked_add(time).is_some_and(|at| self >= at)
    }

    /// Returns the time from another instant to this one, or zero if this one is not later.
    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }
}

/// Returns a time in nanoseconds; `None` for more than 584 years.
fn nanos(time: Duration) -> Option<u64> {
    time.as_secs().checked_mul(1_000_000_000)?.checked_add(time.subsec_nanos().into())
}

/// Returns the instant from which this process counts.
fn first() -> Instant {
    shared_static! { static FIRST: OnceLock<Instant> = OnceLock::new(); }
    *FIRST.get_or_init(clock::real_now)
}

#[cfg(test)]
mod tests {
    use std::ops::{Add, AddAssign, Sub};

    use super::*;

    // Tests count with instants as with std's.

    impl Add<Duration> for PackedInstant {
        type Output = Self;

        fn add(self, time: Duration) -> Self {
            self.checked_add(time).expect("a test stays in the range")
        }
    }

    impl AddAssign<Duration> for PackedInstant {
        fn add_assign(&mut self, time: Duration) {
            *self = *self + time;
        }
    }

    impl Sub<Duration> for PackedInstant {
        type Output = Self;

        fn sub(self, time: Duration) -> Self {
            self.checked_sub(time).expect("a test stays in the range")
        }
    }

    impl Sub for PackedInstant {
        type Output = Duration;

        fn sub(self, earlier: Self) -> Duration {
            self.saturating_duration_since(earlier)
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

    #[test]
    fn a_time_is_added_exactly_or_not_at_all() {
        let first = first();
        let day = Duration::from_secs(86_400);
        let before = first.checked_sub(day).unwrap_or(first);
        for instant in [before, first, first + day] {
            for time in [Duration::ZERO, Duration::from_nanos(1), day, 2 * day] {
                let later = PackedInstant::of(instant).checked_add(time);
                assert_eq!(later, Some(PackedInstant::of(instant + time)));
                assert_eq!(
                    later.and_then(|at| at.checked_sub(time)),
                    Some(PackedInstant::of(instant))
                );
                assert!(later >= Some(PackedInstant::of(instant)));
            }
        }
        let (noon, midnight) = (PackedInstant::of(first), PackedInstant::of(first + day / 2));
        assert!(midnight.is_later_by(day / 2, noon) && noon.is_later_by(Duration::ZERO, noon));
        assert!(!midnight.is_later_by(day, noon) && !noon.is_later_by(Duration::ZERO, midnight));
        assert!(!midnight.is_later_by(Duration::MAX, noon));
        let century = day * 365 * 100;
        let now = PackedInstant::of(first);
        assert!(now.checked_add(2 * century).is_some());
        for time in [3 * century, 6 * century, Duration::MAX] {
            assert_eq!((now.checked_add(time), now.checked_sub(time)), (None, None));
        }
    }
}
