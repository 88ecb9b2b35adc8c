//! The clock of the server, compared with this machine's.
//!
//! A replica relies on its lease for 99 % of the time that it has asked for, by its own clock. If the
//! server's clock is more than 1 % faster, or is set forward, the lease ends earlier in the database
//! than the replica assumes.

use std::time::Duration;

/// The longest time between the two readings that are compared, unless the lease is longer, so that the
/// corrections that NTP makes in the course of hours do not add up to a jump.
const SPAN: Duration = Duration::from_secs(60);

/// The difference that is no error, for a busy machine on which some time passes between two
/// readings.
const TOLERANCE: Duration = Duration::from_millis(5);

/// A moment by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// A moment before the server read its clock, by this machine's.
    pub(crate) before: Duration,
    /// A moment after the server read its clock, by this machine's.
    pub(crate) after: Duration,
    /// The server's clock, in microseconds since 1970.
    pub(crate) server: i64,
}

/// The comparison of the clocks by the answers for one lease.
#[derive(Debug, Default)]
pub(crate) struct ServerClock {
    since: Option<Reading>,
}

impl ServerClock {
    /// Compares a reading with an earlier one, for a lease of this `ttl`.
    ///
    /// # Errors
    ///
    /// A sentence, if the server's clock has certainly gone ahead by more than the 1 % of the lease on
    /// which no replica relies, or 1 % of the time between the readings, if that is longer. The next
    /// reading is compared with this one, so a jump is reported once.
    pub(crate) fn read(&mut self, reading: Reading, ttl: Duration) -> Result<(), String> {
        let Some(since) = self.since else {
            self.since = Some(reading);
            return Ok(());
        };
        // At most this time has passed here.
        let here = reading.after.saturating_sub(since.before);
        let there = reading.server.saturating_sub(since.server);
        let there = Duration::from_micros(u64::try_from(there).unwrap_or(0));
        let is_ahead = there > here + here.max(ttl) / 100 + TOLERANCE;
        if is_ahead || reading.before.saturating_sub(since.after) > SPAN.max(ttl) {
            self.since = Some(reading);
        }
        if !is_ahead {
            return Ok(());
        }
        Err(format!(
            "the database's clock has gone ahead of this machine's by {:?} within {here:?}: it was set \
             forward, another server has taken over, or one of the two clocks is wrong; a lease may end \
             there earlier than here",
            there.saturating_sub(here)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(10);

    /// A reading at this millisecond here and there, by a request that takes ten milliseconds.
    fn at(here: u64, there: i64) -> Reading {
        Reading {
            before: Duration::from_millis(here),
            after: Duration::from_millis(here + 10),
            server: 1_700_000_000_000_000 + there * 1_000,
        }
    }

    #[test]
    fn clocks_that_run_alike_are_no_error() {
        let mut clock = ServerClock::default();
        for second in 0..1_000 {
            // The server is answered at one end of the request, then at the other.
            let within = if second % 2 == 0 { 0 } else { 10 };
            let there = i64::try_from(second * 1_000 + within).unwrap();
            assert_eq!(clock.read(at(second * 1_000, there), TTL), Ok(()), "{second}");
        }
    }

    #[test]
    fn a_jump_forward_is_reported_once() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.read(at(0, 0), TTL), Ok(()));
        let error = clock.read(at(5_000, 8_200), TTL).unwrap_err();
        assert!(error.contains("by 3.19s within 5.01s"), "{error}");
        assert_eq!(clock.read(at(10_000, 13_200), TTL), Ok(()));
    }

    #[test]
    fn a_step_within_the_share_of_a_lease_on_which_no_replica_relies_is_no_error() {
        let ttl = Duration::from_secs(30);
        for (step, is_error) in [(8, false), (290, false), (400, true)] {
            let mut clock = ServerClock::default();
            assert_eq!(clock.read(at(0, 0), ttl), Ok(()));
            // A reading is 250 ms after the last, as with `renew = 250ms`.
            assert_eq!(clock.read(at(250, 260 + step), ttl).is_err(), is_error, "{step}");
        }
    }

    #[test]
    fn a_clock_that_is_two_percent_too_fast_is_found_within_a_lease_and_again() {
        for ttl in [10, 30, 600].map(Duration::from_secs) {
            let mut clock = ServerClock::default();
            let mut errors = Vec::new();
            for second in 0..=4 * ttl.as_secs() {
                let there = i64::try_from(second * 1_020).unwrap();
                if clock.read(at(second * 1_000, there), ttl).is_err() {
                    errors.push(second);
                }
            }
            assert!(errors.len() > 2, "{ttl:?}: {errors:?}");
            assert!(errors[0] <= ttl.as_secs() + 1, "{ttl:?}: {errors:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_only_makes_leases_longer() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.read(at(0, 0), TTL), Ok(()));
        assert_eq!(clock.read(at(1_000, -60_000), TTL), Ok(()));
    }
}
