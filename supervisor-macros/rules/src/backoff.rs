//! The arithmetic of `backoff_too_slow`, `failure_too_slow` and `group_too_slow`: the time in which
//! a child exceeds `max_restarts`.

use std::time::Duration;

/// Returns whether a child that fails again and again can exceed `max_restarts` within
/// `restart_window`.
///
/// `min` and `max` are the ends of the child's backoff.
///
/// ```
/// use std::time::Duration;
/// use supervisor_rules::can_escalate;
///
/// let (min, max) = (Duration::from_secs(1), Duration::from_secs(30));
/// // Three restarts wait 0.5 s, 1 s and 2 s at least.
/// assert!(can_escalate(min, max, 3, Duration::from_secs(5)));
/// assert!(!can_escalate(min, max, 3, Duration::from_secs(3)));
/// ```
#[must_use]
pub const fn can_escalate(
    min: Duration,
    max: Duration,
    max_restarts: u32,
    restart_window: Duration,
) -> bool {
    fastest_failure(min, max, max_restarts).as_nanos() <= restart_window.as_nanos()
}

/// Returns the least time in which a child is restarted `restarts` times and fails again: every
/// delay may be as short as half of its cap.
const fn fastest_failure(min: Duration, max: Duration, restarts: u32) -> Duration {
    let mut sum = Duration::ZERO;
    let mut cap = min;
    let mut done = 0;
    while done < restarts {
        // From here on all delays are equal. The loop ends here after at most a hundred doublings,
        // while `restarts` may be four billion.
        if cap.as_nanos() >= max.as_nanos() {
            return sum.saturating_add(half(max).saturating_mul(restarts - done));
        }
        sum = sum.saturating_add(half(cap));
        cap = cap.saturating_mul(2);
        done += 1;
    }
    sum
}

/// Returns the time in which a child is restarted `max_restarts` times and fails again, if each
/// failure takes as long as `each`, and each restart waits as short as its `backoff` allows.
///
/// ```
/// use std::time::Duration;
/// use supervisor_rules::time_to_fail;
///
/// // Three more starts that hang, each for 30 s.
/// let time = time_to_fail(Duration::from_secs(30), None, 3);
/// assert_eq!(time, Duration::from_secs(90));
/// ```
#[must_use]
pub const fn time_to_fail(
    each: Duration,
    backoff: Option<(Duration, Duration)>,
    max_restarts: u32,
) -> Duration {
    let waiting = match backoff {
        Some((min, max)) => fastest_failure(min, max, max_restarts),
        None => Duration::ZERO,
    };
    each.saturating_mul(max_restarts).saturating_add(waiting)
}

const fn half(time: Duration) -> Duration {
    match time.checked_div(2) {
        Some(half) => half,
        None => time,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{can_escalate, fastest_failure, time_to_fail};

    #[test]
    fn the_fastest_way_to_fail_waits_half_of_each_delay() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(4));
        assert_eq!(fastest_failure(min, max, 0), Duration::ZERO);
        assert_eq!(fastest_failure(min, max, 2), Duration::from_millis(1500));
        assert_eq!(fastest_failure(min, max, 4), Duration::from_millis(5500));
    }

    #[test]
    fn failures_that_take_long_add_up_with_the_delays_between_them() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(time_to_fail(second, None, 0), Duration::ZERO);
        assert_eq!(time_to_fail(second, Some((minute, minute)), 2), Duration::from_secs(62));
        assert_eq!(time_to_fail(Duration::MAX, None, u32::MAX), Duration::MAX);
    }

    #[test]
    fn a_limit_of_billions_is_computed_at_once() {
        let (delay, window) = (Duration::from_millis(1), Duration::from_secs(99_999 * 3600));
        assert!(can_escalate(delay, delay, u32::MAX, window));
    }
}
