//! The story of a case: the events of its tree, with the times at which they happened.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::observe::{Event, EventKind, Events};
use crate::sync::{Mutex, PoisonError};

/// The number of events that a failure prints, from the fault on.
const SHOWN: usize = 40;
/// The number of the last events that a failure prints.
const SHOWN_AT_THE_END: usize = 10;

/// The events of a tree since its start.
#[derive(Debug)]
pub(super) struct Story {
    events: Events,
    began: Instant,
    told: Vec<Told>,
    /// The place of the fault.
    fault: usize,
    /// The last step, for the watchdog.
    step: Step,
    is_over: bool,
}

/// The last step of a case, which another thread may read.
#[derive(Clone, Debug, Default)]
pub(super) struct Step(Arc<Mutex<String>>);

impl Step {
    fn set(&self, what: &str) {
        what.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An event, or a step of the case itself, and its time.
#[derive(Clone, Debug)]
enum Told {
    Happened(Duration, Event),
    Did(Duration, String),
}

impl Story {
    pub(super) fn new(events: Events, step: Step) -> Self {
        Self { events, began: Instant::now(), told: Vec::new(), fault: 0, step, is_over: false }
    }

    /// Records a step of the case.
    pub(super) fn did(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.step.set(&what);
        self.told.push(Told::Did(self.began.elapsed(), what));
    }

    /// Returns the place in the story from which later events count: that of the fault.
    pub(super) fn mark_fault(&mut self) -> usize {
        self.fault = self.told.len();
        self.fault
    }

    /// Runs the future, and records what happens meanwhile.
    pub(super) async fn during<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            let next = {
                let mut event = pin!(self.events.next());
                let is_over = self.is_over;
                poll_fn(|cx| {
                    // Events that have happened already come first.
                    if !is_over && let Poll::Ready(event) = event.as_mut().poll(cx) {
                        return Poll::Ready(Err(event));
                    }
                    future.as_mut().poll(cx).map(Ok)
                })
                .await
            };
            match next {
                Ok(output) => {
                    self.catch_up();
                    return output;
                }
                Err(event) => self.record(event),
            }
        }
    }

    /// Records what happens until this instant.
    pub(super) async fn until(&mut self, deadline: Instant) {
        self.during(tokio::time::sleep_until(deadline)).await;
    }

    /// Waits for the next event; `false` if there is none before the deadline.
    pub(super) async fn next_before(&mut self, deadline: Instant) -> bool {
        if self.is_over {
            tokio::time::sleep_until(deadline).await;
            return false;
        }
        match timeout_at(deadline, self.events.next()).await {
            Ok(event) => {
                self.record(event);
                true
            }
            Err(_) => false,
        }
    }

    fn catch_up(&mut self) {
        let now = self.began.elapsed();
        let happened = self.events.take_present().map(|event| Told::Happened(now, event));
        self.told.extend(happened);
    }

    fn record(&mut self, event: Option<Event>) {
        match event {
            Some(event) => self.told.push(Told::Happened(self.began.elapsed(), event)),
            None => self.is_over = true,
        }
    }

    fn events_from(&self, from: usize) -> impl Iterator<Item = &Event> {
        self.told.iter().skip(from).filter_map(|told| match told {
            Told::Happened(_, event) => Some(event),
            Told::Did(..) => None,
        })
    }

    /// Returns the children that came up since this place, in order.
    pub(super) fn starts(&self, from: usize) -> Vec<&str> {
        let is_start = |kind: &EventKind| {
            matches!(kind, EventKind::ChildStarted { .. } | EventKind::ChildRestarted { .. })
        };
        let starts = self.events_from(from).filter(|event| is_start(event.kind()));
        starts.map(|event| event.path().as_str()).collect()
    }

    /// Returns the children that ended since this place, in order.
    pub(super) fn ends(&self, from: usize) -> Vec<&str> {
        let is_end = |event: &&Event| matches!(event.kind(), EventKind::ChildTerminated { .. });
        self.events_from(from).filter(is_end).map(|event| event.path().as_str()).collect()
    }

    /// Returns `true` if events were missed, so that the story has a gap.
    pub(super) fn missed(&self) -> bool {
        self.events_from(0).any(|event| matches!(event.kind(), EventKind::Missed { .. }))
    }
}

impl fmt::Display for Story {
    /// Prints what was done and what happened; of a long story, the part around the fault and the
    /// end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.told.len();
        let is_long = count > SHOWN;
        let from = if is_long { self.fault.min(count) } else { 0 };
        let cut = (from + SHOWN).min(count);
        let end = cut.max(count.saturating_sub(SHOWN_AT_THE_END));
        let hidden = |f: &mut fmt::Formatter<'_>, count: usize| match count {
            0 => Ok(()),
            count => writeln!(f, "     … ({count} more)"),
        };
        let mut lines = self.told.iter().map(Told::to_string);
        hidden(f, from)?;
        for line in lines.by_ref().skip(from).take(cut - from) {
            writeln!(f, "{line}")?;
        }
        hidden(f, end - cut)?;
        for line in lines.skip(end - cut) {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Happened(at, event) => write!(f, "     {:>9.3}s  {event}", at.as_secs_f64()),
            Self::Did(at, what) => write!(f, "     {:>9.3}s  * {what}", at.as_secs_f64()),
        }
    }
}
