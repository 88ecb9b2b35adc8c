//! The arithmetic of leases: the lease must outlive the worst-case stop of what it guards.

use std::time::Duration;

/// The share of a lease's time, in percent, on which a replica does not rely: the clocks of two
/// machines may run at different speeds.
pub const DRIFT_PERCENT: u32 = 1;

/// The time that is kept free before the deadline of a lease, for tasks that get their turn late.
pub const MARGIN: Duration = Duration::from_millis(500);

/// The times on which the length of a lease depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The time for which the lease lasts without a renewal.
    pub ttl: Duration,
    /// The time between renewals.
    pub renew: Duration,
    /// The longest time that the children need to stop in order.
    pub budget: Duration,
    /// The longest time from the moment at which the children are killed to their end.
    pub kill_grace: Duration,
}

impl Lease {
    /// Returns the time for which the lease certainly holds, on this machine's clock.
    #[must_use]
    pub const fn certain(&self) -> Duration {
        certain(self.ttl)
    }

    /// Returns the time before the deadline at which the children are killed.
    #[must_use]
    pub const fn time_to_kill(&self) -> Duration {
        self.kill_grace.saturating_add(MARGIN)
    }

    /// Returns the time before the deadline at which the children are asked to stop, at the latest.
    #[must_use]
    pub const fn time_to_stop(&self) -> Duration {
        self.budget.saturating_add(self.time_to_kill())
    }

    /// Returns the time that has to be certain after a renewal.
    #[must_use]
    pub const fn need(&self) -> Duration {
        self.time_to_stop().saturating_add(self.renew)
    }

    /// Returns `true` if the children have ended before the lease does, also if no renewal succeeds
    /// any more.
    #[must_use]
    pub const fn outlives_its_children(&self) -> bool {
        self.certain().as_nanos() > self.need().as_nanos()
    }

    /// Returns a `ttl` that is long enough, in whole seconds.
    #[must_use]
    pub const fn enough(&self) -> Duration {
        let need = self.need();
        // In nanoseconds, of which 128 bits hold a hundred times the longest time.
        let share = 100 - DRIFT_PERCENT as u128;
        let seconds = need.as_nanos() * 100 / share / 1_000_000_000 + 1;
        if seconds >= u64::MAX as u128 {
            return Duration::from_secs(u64::MAX);
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is less than `u64::MAX`")]
        let seconds = seconds as u64;
        Duration::from_secs(seconds)
    }
}

/// Returns the part of a lease's time that is certain.
const fn certain(ttl: Duration) -> Duration {
    match ttl.saturating_mul(DRIFT_PERCENT).checked_div(100) {
        Some(drift) => ttl.saturating_sub(drift),
        None => ttl,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Lease;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_ttl_that_is_proposed_is_enough_and_no_second_less_is() {
        for millis in (1..100_000).step_by(333) {
            let budget = Duration::from_millis(millis);
            let lease = Lease { ttl: Duration::ZERO, renew: secs(1), budget, kill_grace: secs(1) };
            assert!(!lease.outlives_its_children());
            let enough = Lease { ttl: lease.enough(), ..lease };
            assert!(enough.outlives_its_children(), "{enough:?}");
            let less = Lease { ttl: lease.enough().saturating_sub(secs(1)), ..lease };
            assert!(!less.outlives_its_children(), "{less:?}");
        }
    }

    #[test]
    fn times_without_end_are_never_outlived() {
        let endless = Lease {
            ttl: Duration::MAX,
            renew: secs(1),
            budget: Duration::MAX,
            kill_grace: secs(1),
        };
        assert!(!endless.outlives_its_children());
        assert_eq!(endless.enough(), secs(u64::MAX));
    }
}
