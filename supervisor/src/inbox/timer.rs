//! The timer of a supervisor's task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::packed_instant::PackedInstant;
use crate::sync::time::{Sleep, sleep_until};

/// A timer that wakes the supervisor's task at a deadline; allocates when there is one.
#[derive(Debug, Default)]
pub(crate) struct Timer(Option<(PackedInstant, Pin<Box<Sleep>>)>);

impl Timer {
    /// Returns the instant at which the timer fires for this deadline.
    ///
    /// A timer that is set too early is set again when it fires. That is cheaper than to set it at
    /// each deadline that comes and goes, as in the stop of many children.
    pub(crate) fn for_deadline(&self, deadline: PackedInstant) -> PackedInstant {
        match &self.0 {
            Some((set, sleep)) if *set <= deadline && !sleep.is_elapsed() => *set,
            _ => deadline,
        }
    }

    /// Sets the timer, and waits until it fires.
    pub(crate) fn poll_at(&mut self, cx: &mut Context<'_>, at: Option<PackedInstant>) -> Poll<()> {
        let Some(at) = at else {
            self.0 = None;
            return Poll::Pending;
        };
        let (set, sleep) = self.0.get_or_insert_with(|| (at, Box::pin(sleep_until(at.instant()))));
        if *set != at || sleep.is_elapsed() {
            sleep.as_mut().reset(at.instant().into());
            *set = at;
        }
        sleep.as_mut().poll(cx)
    }
}
