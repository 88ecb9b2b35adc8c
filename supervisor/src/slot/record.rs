//! What a place remembers of its lives beside their number. Most of it is rare, or short.

use std::num::{NonZeroI64, NonZeroU32};
use std::sync::OnceLock;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use super::{Duties, Sign};
use crate::engine::ChildState;
use crate::exit::ExitReason;

#[derive(Debug)]
pub(super) struct Record {
    /// When the stop began that is under way.
    stop_began: Option<Moment>,
    rare: Option<Box<Rare>>,
    restarts: u32,
    state: ChildState,
    last_exit: LastExit,
}

/// How the last life ended: the ends that are common take no memory of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LastExit {
    #[default]
    None,
    Normal,
    Shutdown,
    /// As [`Rare`] has it.
    Other,
}

#[derive(Debug, Default)]
struct Rare {
    exit: Option<ExitReason>,
    /// Absent unless it has a heartbeat.
    sign: Option<Sign>,
    /// The futures that wait beside the first one.
    others: Vec<(NonZeroU32, Waker)>,
}

impl Record {
    /// Of a place that has had no life.
    pub(super) fn new() -> Self {
        Self {
            stop_began: None,
            rare: None,
            restarts: 0,
            state: ChildState::Stopped,
            last_exit: LastExit::None,
        }
    }

    pub(super) fn state(&self) -> ChildState {
        self.state
    }

    pub(super) fn enter(&mut self, state: ChildState) {
        self.state = state;
        if state != ChildState::Unstoppable {
            self.stop_began = None;
        }
    }

    pub(super) fn came_up(&mut self, now: Instant, duties: Duties) {
        self.state = ChildState::Running;
        if duties.heartbeat {
            self.rare.get_or_insert_default().sign = Some(Sign::Given(now));
        }
    }

    pub(super) fn stops(&mut self, now: Instant) {
        if self.stop_began().is_none() {
            self.stop_began = Some(Moment::of(now));
        }
        self.state = ChildState::Stopping;
    }

    pub(super) fn stop_began(&self) -> Option<Moment> {
        let stops = matches!(self.state, ChildState::Stopping | ChildState::Unstoppable);
        self.stop_began.filter(|_| stops)
    }

    /// Gives back what is to be dropped.
    #[must_use = "to be dropped without the lock"]
    pub(super) fn set_last_exit(&mut self, reason: ExitReason) -> Option<ExitReason> {
        self.last_exit = match reason {
            ExitReason::Normal => LastExit::Normal,
            ExitReason::Shutdown => LastExit::Shutdown,
            other => {
                self.last_exit = LastExit::Other;
                return self.rare.get_or_insert_default().exit.replace(other);
            }
        };
        self.rare.as_mut().and_then(|rare| rare.exit.take())
    }

    pub(super) fn last_exit(&self) -> Option<ExitReason> {
        match self.last_exit {
            LastExit::None => None,
            LastExit::Normal => Some(ExitReason::Normal),
            LastExit::Shutdown => Some(ExitReason::Shutdown),
            LastExit::Other => self.rare.as_ref()?.exit.clone(),
        }
    }

    pub(super) fn count_restart(&mut self) {
        self.restarts = self.restarts.saturating_add(1);
    }

    pub(super) fn restarts(&self) -> u64 {
        self.restarts.into()
    }

    pub(super) fn last_sign(&mut self) -> Option<&mut Sign> {
        self.rare.as_mut()?.sign.as_mut()
    }

    /// The futures that wait beside the first one.
    pub(super) fn others(&mut self) -> Option<&mut Vec<(NonZeroU32, Waker)>> {
        Some(&mut self.rare.as_mut()?.others)
    }

    /// As [`others`](Self::others), with room for one more.
    pub(super) fn more_others(&mut self) -> &mut Vec<(NonZeroU32, Waker)> {
        &mut self.rare.get_or_insert_default().others
    }
}

/// An instant in half of its size: nanoseconds from the first one of the process. That may be a later
/// one, where a clock stands still for a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(NonZeroI64);

impl Moment {
    fn of(instant: Instant) -> Self {
        let nanos = |time: Duration| {
            let secs = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            secs.saturating_mul(1_000_000_000).saturating_add(time.subsec_nanos().into())
        };
        let first = first();
        let since = match instant.checked_duration_since(first) {
            // (Counted from one, so that none takes no room.)
            Some(since) => nanos(since).saturating_add(1),
            None => -nanos(first.saturating_duration_since(instant)),
        };
        Self(NonZeroI64::new(since).unwrap_or(NonZeroI64::MIN))
    }

    pub(crate) fn instant(self) -> Instant {
        let since = self.0.get();
        let nanos = Duration::from_nanos(since.unsigned_abs());
        let found = if since > 0 {
            first().checked_add(nanos.saturating_sub(Duration::from_nanos(1)))
        } else {
            first().checked_sub(nanos)
        };
        found.unwrap_or_else(first)
    }
}

fn first() -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    *FIRST.get_or_init(Instant::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_its_instant() {
        let first = first();
        let times = [0, 1, 2, 999_999_999, 1_000_000_000, u64::from(u32::MAX) * 1_000_000_000];
        for time in times.map(Duration::from_nanos) {
            assert_eq!(Moment::of(first + time).instant(), first + time);
            if let Some(before) = first.checked_sub(time) {
                assert_eq!(Moment::of(before).instant(), before);
            }
        }
    }

    #[test]
    fn the_last_exit_is_the_last_one() {
        let mut record = Record::new();
        assert!(record.last_exit().is_none());
        assert!(record.set_last_exit(ExitReason::Killed).is_none());
        assert!(matches!(record.last_exit(), Some(ExitReason::Killed)));
        assert!(matches!(record.set_last_exit(ExitReason::UsedUp), Some(ExitReason::Killed)));
        assert!(matches!(record.set_last_exit(ExitReason::Normal), Some(ExitReason::UsedUp)));
        assert!(matches!(record.last_exit(), Some(ExitReason::Normal)));
        assert!(record.set_last_exit(ExitReason::Shutdown).is_none());
        assert!(matches!(record.last_exit(), Some(ExitReason::Shutdown)));
    }
}
