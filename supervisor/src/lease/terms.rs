//! The times of a lease, and the rule that they have to keep: the lease must outlive the worst-case
//! stop of what it guards.

use std::time::Duration;

/// The share of a lease's time, in percent, on which a replica does not rely: the clocks of two
/// machines may run at different speeds.
const DRIFT_PERCENT: u32 = 1;

/// The time that is kept free before the deadline of a lease, for tasks that get their turn late.
pub(crate) const MARGIN: Duration = Duration::from_millis(500);

/// The times of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    ttl: Duration,
    renew: Duration,
    /// The longest time that the children need to stop in order.
    budget: Duration,
    /// The longest time from the moment at which the children are killed to their end.
    kill_grace: Duration,
}

impl Terms {
    /// Checks the times of a lease.
    ///
    /// # Errors
    ///
    /// A sentence with the arithmetic, if the lease could end before what it guards.
    pub(crate) fn new(
        ttl: Duration,
        renew: Duration,
        budget: Option<Duration>,
        kill_grace: Duration,
    ) -> Result<Self, String> {
        let Some(budget) = budget else {
            return Err("the lease guards children that may take any time to stop; \
                 give each a `shutdown` time, or the singleton one for all"
                .to_owned());
        };
        if renew.is_zero() {
            return Err("a lease that is renewed without a pause keeps its engine busy; \
                 `renew` is at least 1ms"
                .to_owned());
        }
        let terms = Self { ttl, renew, budget, kill_grace };
        let need = terms.time_to_stop().saturating_add(renew);
        if terms.validity() > need {
            return Ok(terms);
        }
        Err(format!(
            "a lease of {ttl:?} may end before its children: {budget:?} to stop them \
             + {kill_grace:?} kill_grace + {renew:?} renew + {MARGIN:?} margin = {need:?}, \
             and {:?} of the lease are certain ({DRIFT_PERCENT} % is left for clocks that drift); \
             a ttl of {:?} is enough",
            terms.validity(),
            ttl_for(need),
        ))
    }

    /// Returns the time between renewals.
    pub(super) fn renew(self) -> Duration {
        self.renew
    }

    /// Returns the time after which a request that has failed is made again.
    pub(super) fn retry(self) -> Duration {
        self.renew / 4
    }

    /// Returns the time after which a request without an answer counts as failed.
    pub(super) fn patience(self) -> Duration {
        self.ttl
    }

    /// Returns the time for which the lease certainly holds, on this machine's clock.
    pub(super) fn validity(self) -> Duration {
        certain(self.ttl)
    }

    /// Returns the time before the deadline at which the children are asked to stop, at the latest.
    pub(super) fn time_to_stop(self) -> Duration {
        self.budget.saturating_add(self.time_to_kill())
    }

    /// Returns the time before the deadline at which the children are killed.
    pub(super) fn time_to_kill(self) -> Duration {
        self.kill_grace.saturating_add(MARGIN)
    }
}

/// Returns the part of a lease's time that is certain.
const fn certain(ttl: Duration) -> Duration {
    ttl.saturating_sub(ttl.saturating_mul(DRIFT_PERCENT).checked_div(100).unwrap())
}

/// Returns a ttl, in whole seconds, of which more than this time is certain.
fn ttl_for(need: Duration) -> Duration {
    let seconds = need.as_secs().saturating_mul(100) / u64::from(100 - DRIFT_PERCENT);
    let mut ttl = Duration::from_secs(seconds.saturating_add(1));
    while certain(ttl) <= need && ttl < Duration::from_secs(u64::MAX) {
        ttl = ttl.saturating_add(Duration::from_secs(1));
    }
    ttl
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_lease_outlives_the_stop_of_what_it_guards() {
        let terms = Terms::new(secs(30), secs(5), Some(secs(5)), secs(1)).expect("it is long");
        assert_eq!(terms.validity(), Duration::from_millis(29_700));
        assert_eq!(terms.time_to_stop(), Duration::from_millis(6_500));
        assert_eq!(terms.time_to_kill(), Duration::from_millis(1_500));
    }

    #[test]
    fn a_lease_that_is_too_short_is_refused_with_the_arithmetic() {
        let error = Terms::new(secs(10), secs(4), Some(secs(5)), secs(1)).expect_err("too short");
        assert_eq!(
            error,
            "a lease of 10s may end before its children: 5s to stop them + 1s kill_grace + 4s renew \
             + 500ms margin = 10.5s, and 9.9s of the lease are certain (1 % is left for clocks that \
             drift); a ttl of 11s is enough"
        );
        assert!(Terms::new(secs(11), secs(4), Some(secs(5)), secs(1)).is_ok());
    }

    #[test]
    fn the_ttl_that_is_proposed_is_enough_and_no_second_less_is() {
        for millis in (1..100_000).step_by(333) {
            let budget = Some(Duration::from_millis(millis));
            let Err(error) = Terms::new(Duration::ZERO, secs(1), budget, secs(1)) else {
                panic!("no time is enough for {millis} ms")
            };
            let (_, end) = error.split_once("a ttl of ").expect("it proposes one");
            let ttl: u64 = end.split_once('s').expect("in seconds").0.parse().expect("a number");
            assert!(Terms::new(secs(ttl), secs(1), budget, secs(1)).is_ok(), "{error}");
            assert!(Terms::new(secs(ttl - 1), secs(1), budget, secs(1)).is_err(), "{error}");
        }
    }

    #[test]
    fn children_without_a_limit_cannot_be_guarded() {
        let error = Terms::new(secs(3600), secs(1), None, secs(1)).expect_err("no limit");
        assert!(error.contains("may take any time to stop"), "{error}");
    }
}
