//! The timer of a supervisor's task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

/// Made when there is a deadline.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<(Instant, Pin<Box<Sleep>>)>);

impl Alarm {
    /// When it would go off for this deadline.
    ///
    /// Set too early, it is set again when it goes off: that is cheaper than each time when deadlines
    /// come and go, as in the stop of many children.
    pub(crate) fn for_deadline(&self, deadline: Instant) -> Instant {
        match &self.0 {
            Some((set, sleep)) if *set <= deadline && !sleep.is_elapsed() => *set,
            _ => deadline,
        }
    }

    /// Sets it, and waits until it goes off.
    pub(crate) fn poll_at(&mut self, cx: &mut Context<'_>, at: Option<Instant>) -> Poll<()> {
        let Some(at) = at else {
            self.0 = None;
            return Poll::Pending;
        };
        let (set, sleep) =
            self.0.get_or_insert_with(|| (at, Box::pin(tokio::time::sleep_until(at))));
        if *set != at || sleep.is_elapsed() {
            sleep.as_mut().reset(at);
            *set = at;
        }
        sleep.as_mut().poll(cx)
    }
}
