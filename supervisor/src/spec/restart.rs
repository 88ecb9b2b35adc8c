//! The options of a restart: its condition, its limit, its delay.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use supervisor_rules::defaults;

/// The condition under which a child that has ended is started again.
///
/// | how the child ended | `Always` | `Transient` | `Temporary` |
/// |---|---|---|---|
/// | normally, `Ok(())` | restarted | stays down | forgotten |
/// | by a shutdown of its own | restarted | stays down | forgotten |
/// | by an error, a panic or a kill | restarted | restarted | forgotten |
/// | stopped by its supervisor | – | – | forgotten |
///
/// The table is about the child's own restart. A group restart
/// ([`OneForAll`](crate::SupervisionStrategy::OneForAll),
/// [`RestForOne`](crate::SupervisionStrategy::RestForOne)) starts all children that it stops, and
/// those of the group that were down, whatever the policy: a `Transient` child that had finished
/// comes back too. A `Temporary` one is forgotten.
///
/// OTP's names are `permanent`, `transient` and `temporary`.
///
/// ```
/// use supervisor::RestartPolicy;
///
/// assert_eq!(RestartPolicy::default(), RestartPolicy::Always);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "OTP's three policies")]
pub enum RestartPolicy {
    /// Restarted however it ended. Erlang's `permanent`.
    #[default]
    Always,
    /// Restarted only if it ended abnormally: by an error, a panic or a kill.
    Transient,
    /// Never restarted; when the child ends, its specification is forgotten too.
    Temporary,
}

impl RestartPolicy {
    /// Returns the word for the policy in the tree language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::Transient => "Transient",
            Self::Temporary => "Temporary",
        }
    }
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The number of restarts that a supervisor makes within its restart window before it gives up.
///
/// A limit of N means that N restarts are made and the next one escalates; 0 means that the
/// first failure escalates. `Unlimited` is a word, never a number.
///
/// ```
/// use supervisor::MaxRestarts;
///
/// assert_eq!(MaxRestarts::from(5), MaxRestarts::AtMost(5));
/// assert_eq!(MaxRestarts::default(), MaxRestarts::AtMost(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a limit is a number, or there is none")]
pub enum MaxRestarts {
    /// This many restarts within the window; the next one escalates.
    AtMost(u32),
    /// Any number of restarts: failures never escalate.
    Unlimited,
}

impl Default for MaxRestarts {
    fn default() -> Self {
        Self::AtMost(defaults::MAX_RESTARTS)
    }
}

impl From<u32> for MaxRestarts {
    fn from(limit: u32) -> Self {
        Self::AtMost(limit)
    }
}

impl fmt::Display for MaxRestarts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => fmt::Display::fmt(limit, f),
            Self::Unlimited => f.pad("unlimited"),
        }
    }
}

/// The delay of a restart: it doubles from `min` to `max`, each delay drawn between half of it
/// and all of it.
///
/// The first restart already waits about `min`. The count of attempts starts again when the
/// child has been up for its supervisor's restart window. The draw spreads children that failed
/// together; it stays inside the cap, so that no delay is longer than `max`.
///
/// ```
/// use std::time::Duration;
/// use supervisor::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
/// assert_eq!(backoff.longest_delay(0), Duration::from_millis(100));
/// assert_eq!(backoff.longest_delay(2), Duration::from_millis(400));
/// assert_eq!(backoff.longest_delay(9), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backoff {
    min: Duration,
    max: Duration,
}

impl Backoff {
    /// The backoff of a child with [`StartMode::Retry`](crate::StartMode::Retry) that has none of its
    /// own: from 100 ms to 30 s.
    pub const RETRY: Self = Self::new(defaults::RETRY_MIN, defaults::RETRY_MAX);

    /// Creates a backoff that doubles from `min`, which is not zero, to `max`.
    #[must_use]
    pub const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max }
    }

    /// Creates a backoff with the same delay every time, which is not zero.
    #[must_use]
    pub const fn constant(delay: Duration) -> Self {
        Self { min: delay, max: delay }
    }

    /// Returns the cap of the first delay.
    #[must_use]
    pub const fn min(&self) -> Duration {
        self.min
    }

    /// Returns the cap of every delay.
    #[must_use]
    pub const fn max(&self) -> Duration {
        self.max
    }

    /// Returns the longest time that the given attempt may wait, the first attempt being 0.
    #[must_use]
    pub fn longest_delay(&self, attempt: u32) -> Duration {
        let factor = 1_u32.checked_shl(attempt).unwrap_or(u32::MAX);
        self.min.saturating_mul(factor).min(self.max)
    }

    /// Returns the delay of the given attempt, `draw` being uniform in `0..=1`.
    pub(crate) fn delay(&self, attempt: u32, draw: f64) -> Duration {
        let half = self.longest_delay(attempt) / 2;
        half + half.mul_f64(draw.clamp(0.0, 1.0))
    }
}

/// The first and the longest delay, as `backoff = 100ms..30s` in a tree.
impl From<Range<Duration>> for Backoff {
    fn from(delays: Range<Duration>) -> Self {
        Self::new(delays.start, delays.end)
    }
}

/// The same delay every time, as `backoff = 1s` in a tree.
impl From<Duration> for Backoff {
    fn from(delay: Duration) -> Self {
        Self::constant(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backoff_is_made_of_a_range_or_of_one_delay() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(3));
        assert_eq!(Backoff::from(first..longest), Backoff::new(first, longest));
        assert_eq!(Backoff::from(first), Backoff::constant(first));
    }
}
