//! Writes events to the log, through `tracing`.

use std::fmt;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span, debug, enabled, error, info, warn};

use super::event::{EventKind, NotYet, RestartsLeft};
use super::health::Lasted;
use crate::catch::catch_panic;
use crate::spec::{ChildPath, Escaped};

/// Returns whether a subscriber reads the library's log at any level; a subscriber that panics does
/// not.
#[inline]
pub(crate) fn is_read() -> bool {
    // Without a subscriber this costs one load.
    LevelFilter::current() != LevelFilter::OFF && is_enabled()
}

/// Asks the subscriber whether it reads the library's log.
#[inline(never)]
fn is_enabled() -> bool {
    catch_panic(|| enabled!(target: "supervisor", Level::ERROR)).unwrap_or(false)
}

/// The level of a life's span, which a program that logs only warnings does not pay for.
const SPAN_LEVEL: Level = Level::INFO;

/// The span in which a life runs, if a subscriber reads spans of its level and target.
///
/// The subscriber is foreign code, which is called at each poll of the life, and may panic: the
/// life goes on, without an entry in the log.
#[derive(Default)]
pub(crate) struct LifeSpan(Option<Box<Span>>);

impl LifeSpan {
    /// Makes the span of a life. If no subscriber reads it, there is no span, and no memory is
    /// allocated.
    #[inline]
    pub(crate) fn new(path: impl FnOnce() -> ChildPath, incarnation: u64) -> Self {
        // Without a subscriber of this level this costs one load.
        if SPAN_LEVEL > LevelFilter::current() {
            return Self(None);
        }
        Self::for_subscriber(path, incarnation)
    }

    #[inline(never)]
    fn for_subscriber(path: impl FnOnce() -> ChildPath, incarnation: u64) -> Self {
        let span = catch_panic(|| {
            // A target of its own: a filter can enable the span without the library's log, as
            // `warn,supervisor::child=info` does.
            tracing::span!(target: "supervisor::child", SPAN_LEVEL, "child", path = %path(), incarnation)
        });
        Self(span.filter(|span| !span.is_disabled()).map(Box::new))
    }

    /// Returns the span that this thread has entered, for a task that is spawned in it.
    pub(crate) fn current() -> Self {
        if SPAN_LEVEL > LevelFilter::current() {
            return Self(None);
        }
        Self(catch_panic(Span::current).filter(|span| !span.is_disabled()).map(Box::new))
    }

    /// Enters the span until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> Entered<'_> {
        let span = self.0.as_deref();
        if let Some(span) = span {
            enter(span);
        }
        Entered(span)
    }
}

impl Drop for LifeSpan {
    #[inline]
    fn drop(&mut self) {
        // Dropped in the task of the life, whose end a panic would hide.
        if let Some(span) = self.0.take() {
            catch_panic(|| drop(span));
        }
    }
}

impl fmt::Debug for LifeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LifeSpan").field(&self.0).finish()
    }
}

/// Guard of a span that a thread has entered.
///
/// The guard exits the span also if `enter` has panicked: a registry has noted the entry before its
/// layers panic, and would name the span in the log lines of whatever this thread runs next.
#[must_use = "the span is exited when this is dropped"]
pub(crate) struct Entered<'a>(Option<&'a Span>);

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(span) = self.0 {
            exit(span);
        }
    }
}

/// Enters a span. Apart from the poll of a life, which is short if there is no span.
#[inline(never)]
fn enter(span: &Span) {
    catch_panic(|| span.with_subscriber(|(id, subscriber)| subscriber.enter(id)));
}

/// Exits a span that was entered.
#[inline(never)]
fn exit(span: &Span) {
    catch_panic(|| span.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
}

/// The facts that decide on the line of an event, beside the event itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// The child was asked to end, or such children come and go.
    pub(crate) is_expected: bool,
    /// The child has failed before in the same way, and this failure, and what follows from it,
    /// needs no line of its own.
    pub(crate) is_folded: bool,
    /// The number of failures before the child is up again, and the time since the first.
    pub(crate) recovery: Option<(u32, Duration)>,
}

impl Circumstances {
    /// The circumstances of an event that comes as expected, and alone.
    pub(crate) const EXPECTED: Self = Self { is_expected: true, is_folded: false, recovery: None };
}

/// Writes one line for an event, at a level by what the reader has to do about it.
///
/// A subscriber may panic, for example since its disk is full or its terminal is gone; the tree goes
/// on.
pub(crate) fn event(path: &str, kind: &EventKind, circumstances: Circumstances) {
    catch_panic(|| write_in(&Escaped(path), kind, circumstances));
}

/// Writes the line of an event that may be one of many: a long outage has lines at growing
/// intervals, and one at its end.
fn write_in(path: &Escaped<&str>, kind: &EventKind, circumstances: Circumstances) {
    let Circumstances { is_expected, is_folded, recovery } = circumstances;
    match (kind, recovery) {
        (
            EventKind::ChildTerminated { .. }
            | EventKind::ChildStartFailed { .. }
            | EventKind::RestartDelayed { .. },
            _,
        ) if is_folded => {
            debug!(target: "supervisor", child = %path, event = %kind, "child failed again in the same way");
        }
        (
            EventKind::ChildStarted { incarnation } | EventKind::ChildRestarted { incarnation, .. },
            Some((failures, lasted)),
        ) => {
            let lasted = Lasted(lasted);
            info!(target: "supervisor", child = %path, incarnation, "child is up, after {failures} failures and {lasted}");
        }
        (EventKind::ChildRestarted { incarnation, .. }, None) if is_folded => {
            debug!(target: "supervisor", child = %path, incarnation, "child restarted");
        }
        _ => write(path, kind, is_expected),
    }
}

/// Writes one line for a supervisor or a child whose options make its supervision doubtful.
pub(crate) fn doubtful(path: &str, why: &str) {
    catch_panic(|| warn!(target: "supervisor", child = %Escaped(path), "{}", Escaped(why)));
}

fn write(path: &Escaped<&str>, kind: &EventKind, asked: bool) {
    match kind {
        EventKind::StartWaits { on } => {
            debug!(target: "supervisor", child = %path, "child waits to start: {} not up", NotYet(on));
        }
        EventKind::StopWaits { on } => {
            debug!(target: "supervisor", child = %path, "child waits to stop: {} not ended", NotYet(on));
        }
        EventKind::ChildStarted { incarnation } => {
            debug!(target: "supervisor", child = %path, incarnation, "child started");
        }
        EventKind::ChildRestarted { incarnation, restarts, restarts_left } => {
            let left = RestartsLeft(*restarts_left);
            info!(target: "supervisor", child = %path, incarnation, restarts, "child restarted; {left} in the window");
        }
        EventKind::ChildTerminated { incarnation, reason } if reason.is_abnormal() => {
            error!(target: "supervisor", child = %path, incarnation, %reason, "child failed");
        }
        EventKind::ChildTerminated { incarnation, reason } if !asked => {
            info!(target: "supervisor", child = %path, incarnation, %reason, "child ended");
        }
        EventKind::ChildTerminated { incarnation, reason } => {
            debug!(target: "supervisor", child = %path, incarnation, %reason, "child ended");
        }
        EventKind::ChildDeclined => {
            info!(target: "supervisor", child = %path, "child declined to start");
        }
        EventKind::ChildStartFailed { reason } => {
            error!(target: "supervisor", child = %path, %reason, "child did not start");
        }
        EventKind::RestartDelayed { delay, restarts_left } => {
            let left = RestartsLeft(*restarts_left);
            info!(target: "supervisor", child = %path, ?delay, "restart delayed; {left} in the window");
        }
        EventKind::ChildKilled { after } => {
            warn!(target: "supervisor", child = %path, ?after, "child did not stop in time: killed");
        }
        EventKind::ChildNotStopped { after } => {
            error!(target: "supervisor", child = %path, ?after, "child cannot be stopped: it blocks its thread");
        }
        EventKind::ChildStoppedLate => {
            info!(target: "supervisor", child = %path, "child has stopped after all");
        }
        EventKind::MessagesLeft { count } => {
            warn!(target: "supervisor", child = %path, count, "child ended for good with unhandled messages");
        }
        EventKind::MaxRestartsExceeded { max_restarts, restart_window, reason } => {
            error!(target: "supervisor", child = %path, %max_restarts, ?restart_window, %reason, "too many restarts: the supervisor gives up");
        }
        EventKind::ChildGivenUp { max_restarts, restart_window, reason } => {
            error!(target: "supervisor", child = %path, %max_restarts, ?restart_window, %reason, "too many restarts of this child: it stays down");
        }
        EventKind::ChildEnded { .. } => {
            debug!(target: "supervisor", child = %path, "child ended for good");
        }
        EventKind::SupervisorStarted => {
            debug!(target: "supervisor", supervisor = %path, "supervisor started");
        }
        EventKind::SupervisorDraining { time } => {
            info!(target: "supervisor", supervisor = %path, ?time, "supervisor draining: not ready, and its children go on");
        }
        EventKind::ShutdownOutOfTime { after } => {
            warn!(target: "supervisor", supervisor = %path, ?after, "the time for the shutdown is over: killing what has not ended");
        }
        EventKind::SupervisorStopping => {
            debug!(target: "supervisor", supervisor = %path, "supervisor stopping");
        }
        EventKind::SupervisorTerminated { reason } if reason.is_abnormal() => {
            error!(target: "supervisor", supervisor = %path, %reason, "supervisor ended");
        }
        EventKind::SupervisorTerminated { reason } => {
            info!(target: "supervisor", supervisor = %path, %reason, "supervisor ended");
        }
        EventKind::LeaseAcquired { lease, fence } => {
            info!(target: "supervisor", supervisor = %path, lease = %Escaped(lease), fence, "lease acquired: the children start");
        }
        EventKind::LeaseReleased { lease } => {
            info!(target: "supervisor", supervisor = %path, lease = %Escaped(lease), "lease released");
        }
        EventKind::LeaseLost { lease, why } => {
            warn!(target: "supervisor", supervisor = %path, lease = %Escaped(lease), "lease lost: {}; the children are stopped", Escaped(why));
        }
        EventKind::Missed { .. } => {}
    }
}
