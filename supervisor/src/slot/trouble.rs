//! The record of a child that is not up, or fails again and again.

use std::time::{Duration, Instant};

use crate::packed_instant::PackedInstant;

/// The record of a child's trouble. A child that has never failed or been stopped has none, and
/// takes no memory for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    /// The instant since which the child is not up, if it is known.
    down_since: Option<PackedInstant>,
    /// The first of the failures in a row.
    first_failure: Option<PackedInstant>,
    /// The instant at which the child came up after the last failure.
    up_since: Option<PackedInstant>,
    /// The number of failures in a row: none is followed by a life that was up for a whole window.
    failures: u32,
    /// The number of failures over all lives.
    all_failures: u64,
    /// The number of starts that have failed, over all lives.
    failed_starts: u64,
    /// `true` if the last failure was like the one before it.
    is_repetition: bool,
}

/// The circumstances of a failure, beside its reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedAt {
    pub(crate) now: PackedInstant,
    /// Failures before a life that was up for this time do not count any more.
    pub(crate) window: Duration,
    /// `true` if a start has failed.
    pub(crate) of_start: bool,
    /// `true` if somebody reads the log, or events: only then the reason is compared with the last one.
    pub(crate) is_observed: bool,
}

impl Trouble {
    /// Notes that the child is not up, unless that is noted already.
    pub(super) fn went_down(&mut self, now: PackedInstant) {
        self.down_since.get_or_insert(now);
    }

    /// Notes a failure, which is `alike` if its reason reads like that of the last one.
    pub(super) fn failed(&mut self, failed: FailedAt, alike: bool) {
        let FailedAt { now, window, of_start, .. } = failed;
        let up_since = self.up_since.take();
        let recovered = up_since.is_some_and(|since| now.is_later_by(window, since));
        if recovered || self.failures == 0 {
            (self.failures, self.first_failure) = (0, Some(now));
        }
        self.is_repetition = alike && self.failures > 0;
        self.failures = self.failures.saturating_add(1);
        self.all_failures += 1;
        self.failed_starts += u64::from(of_start);
        self.down_since.get_or_insert(now);
    }

    pub(super) fn came_up(&mut self, now: PackedInstant) {
        self.down_since = None;
        if self.failures > 0 {
            self.up_since = Some(now);
        }
    }

    /// Returns the instant since which the child is not up.
    pub(crate) fn down_since(&self) -> Option<Instant> {
        self.down_since.map(PackedInstant::instant)
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn all_failures(&self) -> u64 {
        self.all_failures
    }

    pub(crate) fn failed_starts(&self) -> u64 {
        self.failed_starts
    }

    /// Returns the time since the first of the failures in a row.
    pub(crate) fn lasted(&self, now: PackedInstant) -> Duration {
        now.saturating_duration_since(self.first_failure.unwrap_or(now))
    }

    /// Returns `true` if the last failure needs no line of its own in the log: it is like the one
    /// before it, and after four lines there is one at the failures 8, 16 and so on, at growing
    /// intervals.
    pub(crate) fn is_folded(&self) -> bool {
        self.is_repetition && self.failures > 4 && !self.failures.is_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed_at(now: PackedInstant, of_start: bool) -> FailedAt {
        FailedAt { now, window: Duration::from_secs(5), of_start, is_observed: true }
    }

    #[test]
    fn failures_count_until_a_life_lasts_for_a_window() {
        let (mut trouble, start) = (Trouble::default(), PackedInstant::now());
        let at = |secs| start + Duration::from_secs(secs);
        let failed = |secs, of_start| failed_at(at(secs), of_start);
        trouble.failed(failed(0, false), true);
        trouble.came_up(at(1));
        assert_eq!(trouble.down_since(), None);
        trouble.failed(failed(5, true), true);
        assert_eq!((trouble.failures(), trouble.lasted(at(6))), (2, Duration::from_secs(6)));
        trouble.failed(failed(6, true), true);
        assert_eq!(trouble.down_since(), Some(at(5).instant()));
        trouble.came_up(at(7));
        trouble.failed(failed(12, false), true);
        assert_eq!((trouble.failures(), trouble.lasted(at(12))), (1, Duration::ZERO));
        assert_eq!((trouble.all_failures(), trouble.failed_starts()), (4, 2));
    }

    #[test]
    fn lines_stand_at_growing_intervals_and_where_the_failure_is_another() {
        let (mut trouble, now) = (Trouble::default(), PackedInstant::now());
        let mut lines = Vec::new();
        for number in 1..=40 {
            trouble.failed(failed_at(now, true), number != 11);
            if !trouble.is_folded() {
                lines.push(number);
            }
        }
        assert_eq!(lines, [1, 2, 3, 4, 8, 11, 16, 32]);
    }
}
