//! The times of a lease, and the rule that they have to keep: the lease must outlive the worst-case
//! stop of what it guards.

use std::time::Duration;

use supervisor_rules::lease::Lease;
pub(crate) use supervisor_rules::lease::MARGIN;

use crate::spec::rules::{renew_too_long, ttl_too_short};

/// The times of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms(Lease);

impl Terms {
    /// Checks the times of a lease.
    ///
    /// # Errors
    ///
    /// A sentence with the arithmetic, if the lease could end before what it guards.
    pub(crate) fn new(
        ttl: Duration,
        renew: Duration,
        budget: Duration,
        kill_grace: Duration,
    ) -> Result<Self, String> {
        let lease = Lease { ttl, renew, budget, kill_grace };
        match renew_too_long(ttl, renew).or_else(|| ttl_too_short(&lease)) {
            None => Ok(Self(lease)),
            Some(rule) => Err(rule.to_string()),
        }
    }

    /// Returns the time between renewals.
    pub(super) fn renew(self) -> Duration {
        self.0.renew
    }

    /// Returns the time after which a request that has failed is made again.
    pub(super) fn retry(self) -> Duration {
        self.0.renew / 4
    }

    /// Returns the time after which a request without an answer counts as failed.
    pub(super) fn patience(self) -> Duration {
        self.0.ttl
    }

    /// Returns the time for which the lease certainly holds, on this machine's clock.
    pub(super) fn validity(self) -> Duration {
        self.0.certain()
    }

    /// Returns the time before the deadline at which the children are asked to stop, at the latest.
    pub(super) fn time_to_stop(self) -> Duration {
        self.0.time_to_stop()
    }

    /// Returns the time before the deadline at which the children are killed.
    pub(super) fn time_to_kill(self) -> Duration {
        self.0.time_to_kill()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_lease_outlives_the_stop_of_what_it_guards() {
        let terms = Terms::new(secs(30), secs(5), secs(5), secs(1)).expect("it is long");
        assert_eq!(terms.validity(), Duration::from_millis(29_700));
        assert_eq!(terms.time_to_stop(), Duration::from_millis(6_500));
        assert_eq!(terms.time_to_kill(), Duration::from_millis(1_500));
    }

    #[test]
    fn a_lease_that_is_too_short_is_refused_with_the_arithmetic() {
        let error = Terms::new(secs(10), secs(4), secs(5), secs(1)).expect_err("too short");
        assert_eq!(
            error,
            "a lease of 10s may end before its children: 5s to stop them + 1s kill_grace + 4s renew \
             + 500ms margin = 10.5s, and 9.9s of the lease are certain (1 % is left for clocks that \
             drift); a ttl of 11s is enough"
        );
        assert!(Terms::new(secs(11), secs(4), secs(5), secs(1)).is_ok());
    }

    #[test]
    fn a_lease_is_renewed_before_it_ends() {
        let error = |renew| Terms::new(secs(10), renew, secs(5), secs(1)).expect_err("too long");
        assert!(error(secs(10)).contains("ends before its first renewal"), "{}", error(secs(10)));
        assert_eq!(error(Duration::ZERO), "`renew` must be longer than zero");
    }
}
