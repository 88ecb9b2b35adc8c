//! Tells what happened: to subscribers as events, to the log through `tracing`, and to the
//! child's own place as statistics.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Level, Span, debug, enabled, error, info, warn};

use crate::driver::{Reign, Reply, Seat};
use crate::engine::{Child, ChildState, Notice};
use crate::event::{EventKind, Left};
use crate::exit::ExitReason;
use crate::hub::somebody_listens;
use crate::moment::Moment;
use crate::node::Node;
use crate::path::ChildPath;
use crate::report;
use crate::slot::SlotCore;
use crate::unharmed::unharmed;

/// The span in which a life runs; it costs nothing, and takes no room, while nobody listens.
pub(crate) fn span(core: &SlotCore, incarnation: u64) -> Option<Box<Span>> {
    if !enabled!(target: "supervisor", Level::ERROR) {
        return None;
    }
    let span = unharmed(
        || tracing::error_span!(target: "supervisor", "child", path = %core.path(), incarnation),
    );
    span.filter(|span| !span.is_disabled()).map(Box::new)
}

/// Keeps the statistics and passes the news on.
pub(crate) fn tell(reign: &Reign, now: Instant, notice: Notice) {
    // What nobody hears is not even put together.
    let news = is_heard().then(|| notice.clone());
    let asked_at = keep(reign, now, notice);
    if let Some(news) = news {
        pass_on(reign, now, news, asked_at);
    }
}

/// Keeps the statistics; gives back when the stop began of a child that was told to end.
fn keep(reign: &Reign, now: Instant, notice: Notice) -> Option<Moment> {
    let node = &reign.node;
    let child = |key| reign.engine.child(key).map(|child| (child, child.data.slot()));
    match notice {
        Notice::Started(key) => {
            let (child, slot) = child(key)?;
            // One that is up once it is spawned was so from the beginning of its life.
            if !child.rules.is_up_once_spawned() && has_begun(child) {
                slot.core().came_up(now);
            }
        }
        Notice::Restarted { child: key, .. } => {
            let (child, slot) = child(key)?;
            if has_begun(child) {
                node.count_restart();
                slot.core().count_restart();
                if !child.rules.is_up_once_spawned() {
                    slot.core().came_up(now);
                }
            }
        }
        Notice::Terminated { child: key, reason, failed } => {
            if failed {
                node.count_failure();
            }
            let (_, slot) = child(key)?;
            let asked_at = slot.core().went_down(ChildState::Restarting, reason);
            // It may have been named as one to be killed, and have ended before it was told.
            report::ended(node, slot, now);
            return asked_at;
        }
        Notice::StartFailed { child: key, reason } => {
            node.count_failure();
            return child(key)?.1.core().went_down(ChildState::Restarting, reason);
        }
        Notice::Declined(key) => {
            child(key)?.1.core().went_down(ChildState::Stopped, ExitReason::Normal);
        }
        Notice::Delayed { child: key, .. } => {
            child(key)?.1.core().set_state(ChildState::Restarting);
        }
        Notice::TimedOut(key) => {
            let (_, slot) = child(key)?;
            // Without a stop that has begun, it is dropped before it was asked.
            let began = slot.core().stop_began();
            report::killed(node, slot, began.map_or(now, Moment::instant));
            return began;
        }
        Notice::NotStopped(key) => {
            let (_, slot) = child(key)?;
            let began = slot.core().stop_began();
            slot.core().set_state(ChildState::Unstoppable);
            return began;
        }
        Notice::StoppedLate(key) => child(key)?.1.core().set_state(ChildState::Stopped),
        Notice::MaxRestartsExceeded { .. } => {}
        Notice::Stopping => node.stops().begin(),
    }
    None
}

/// Tells subscribers and the log. `asked_at`: when the child was told to end, if it was.
fn pass_on(reign: &Reign, now: Instant, news: Notice, asked_at: Option<Moment>) {
    let Some(key) = news.child() else {
        return supervisor(&reign.node, || EventKind::SupervisorStopping);
    };
    let Some(child) = reign.engine.child(key) else { return };
    let core = child.data.slot().core();
    // The engine may have decided on the next life already; the place knows the present one.
    let incarnation = core.generation();
    let after =
        asked_at.map_or(Duration::ZERO, |began| now.saturating_duration_since(began.instant()));
    let kind = match news {
        Notice::Started(_) | Notice::Restarted { .. } if !has_begun(child) => return,
        Notice::Started(_) => EventKind::ChildStarted { incarnation },
        Notice::Restarted { left, .. } => {
            let restarts = core.restarts();
            EventKind::ChildRestarted { incarnation, restarts, restarts_left: left }
        }
        Notice::Terminated { reason: reason @ ExitReason::StillRunning, .. }
        | Notice::StartFailed { reason, .. } => EventKind::ChildStartFailed { reason },
        Notice::Terminated { reason, .. } => EventKind::ChildTerminated { incarnation, reason },
        Notice::Declined(_) => EventKind::ChildDeclined,
        Notice::Delayed { delay, left, .. } => {
            EventKind::RestartDelayed { delay, restarts_left: left }
        }
        Notice::TimedOut(_) => EventKind::ChildKilled { after },
        Notice::NotStopped(_) => EventKind::ChildNotStopped { after },
        Notice::StoppedLate(_) => EventKind::ChildStoppedLate,
        Notice::MaxRestartsExceeded { reason, .. } => {
            let rules = reign.node.rules();
            let (max_restarts, restart_window) = (rules.max_restarts, rules.restart_window);
            EventKind::MaxRestartsExceeded { max_restarts, restart_window, reason }
        }
        Notice::Stopping => EventKind::SupervisorStopping,
    };
    publish(&reign.node, || core.path(), kind, asked_at.is_some());
}

pub(crate) fn supervisor_started(node: &Arc<Node>) {
    supervisor(node, || EventKind::SupervisorStarted);
}

pub(crate) fn supervisor_terminated(node: &Arc<Node>, reason: &ExitReason) {
    supervisor(node, || EventKind::SupervisorTerminated { reason: reason.clone() });
    if !node.is_supervised() {
        node.hub().finish();
    }
}

pub(crate) fn messages_left(node: &Arc<Node>, core: &SlotCore, count: usize) {
    publish(node, || core.path(), EventKind::MessagesLeft { count }, true);
}

/// Whether the life that the engine has decided on has begun: the place may be occupied by one
/// that could not be stopped.
fn has_begun(child: &Child<Seat, Reply>) -> bool {
    child.data.slot().core().generation() == child.generation
}

fn supervisor(node: &Arc<Node>, kind: impl FnOnce() -> EventKind) {
    publish(node, || node.path(), kind(), true);
}

/// `asked`: the child was told to end, so that its end is no news.
fn publish(node: &Arc<Node>, path: impl FnOnce() -> ChildPath, kind: EventKind, asked: bool) {
    if !is_heard() {
        return;
    }
    // Paths are made only for those who read them.
    let path = path();
    // A path is relative to its root, and a program may have several.
    let name = if path.is_root() { node.label() } else { path.to_string() };
    // A subscriber that panics has a full disk, perhaps, or no terminal any more; the tree goes on.
    unharmed(|| log(&name, &kind, asked));
    if somebody_listens() {
        node.publish(&path, kind);
    }
}

/// Whether anybody subscribed to any tree, or reads the log.
fn is_heard() -> bool {
    somebody_listens() || enabled!(target: "supervisor", Level::ERROR)
}

/// One line for each event, at the level of what a reader has to do about it.
fn log(path: &str, kind: &EventKind, asked: bool) {
    match kind {
        EventKind::ChildStarted { incarnation } => {
            debug!(target: "supervisor", child = %path, incarnation, "child started");
        }
        EventKind::ChildRestarted { incarnation, restarts, restarts_left } => {
            let left = Left(*restarts_left);
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
            let left = Left(*restarts_left);
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
        EventKind::SupervisorStarted => {
            debug!(target: "supervisor", supervisor = %path, "supervisor started");
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
        EventKind::Missed { .. } => {}
    }
}
