//! The longest time that a graceful shutdown may take.

use std::time::Duration;

use super::Shutdown;

/// The longest time that a graceful shutdown may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budget {
    Bounded(Duration),
    /// No limit: a worker with `shutdown = infinity` may take any time.
    Unbounded,
}

impl Budget {
    pub(crate) const ZERO: Self = Self::Bounded(Duration::ZERO);

    /// Adds the budget of what is stopped next: children that stop one after the other add up.
    pub(crate) const fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Bounded(first), Self::Bounded(second)) => {
                Self::Bounded(first.saturating_add(second))
            }
            _ => Self::Unbounded,
        }
    }

    /// Returns the longer of two budgets: that of children that stop together.
    pub(crate) const fn longer_of(self, other: Self) -> Self {
        if other.exceeds(self) { other } else { self }
    }

    /// Caps the budget at the shutdown time that the supervisor above allows.
    pub(crate) const fn capped(self, shutdown: Shutdown) -> Self {
        match (shutdown, self) {
            (Shutdown::BrutalKill, _) => Self::ZERO,
            (Shutdown::Timeout(limit), Self::Bounded(time))
                if time.as_nanos() < limit.as_nanos() =>
            {
                self
            }
            (Shutdown::Timeout(limit), _) => Self::Bounded(limit),
            (Shutdown::Infinity, _) => self,
        }
    }

    /// Returns `true` if this budget is longer than the other.
    pub(super) const fn exceeds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Bounded(this), Self::Bounded(other)) => this.as_nanos() > other.as_nanos(),
            (Self::Unbounded, Self::Bounded(_)) => true,
            (_, Self::Unbounded) => false,
        }
    }

    /// Returns the bound; `None` if there is none.
    pub(crate) const fn bound(self) -> Option<Duration> {
        match self {
            Self::Bounded(time) => Some(time),
            Self::Unbounded => None,
        }
    }
}
