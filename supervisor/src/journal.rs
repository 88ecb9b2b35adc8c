//! Tells what happened: to subscribers as events, to the log through `tracing`, and to the
//! child's own place as statistics.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::{Level, Span, debug, enabled, error, info, warn};

use crate::driver::{Reign, elapsed};
use crate::engine::{ChildState, Key, Notice};
use crate::event::{EventKind, Left};
use crate::exit::ExitReason;
use crate::hub::somebody_listens;
use crate::node::Node;
use crate::path::ChildPath;
use crate::report;
use crate::slot::SlotCore;

/// The span in which a life runs; it costs nothing while nobody listens.
pub(crate) fn span(core: &SlotCore, incarnation: u64) -> Span {
    if enabled!(target: "supervisor", Level::ERROR) {
        tracing::error_span!(target: "supervisor", "child", path = %core.path(), incarnation)
    } else {
        Span::none()
    }
}

/// Keeps the statistics and passes the news on.
pub(crate) fn tell(reign: &Reign, notice: Notice) {
    let now = Instant::now();
    match notice {
        // The place is occupied by a life that could not be stopped, so no other has begun.
        Notice::Started(key) | Notice::Restarted { child: key, .. } if !has_begun(reign, key) => {}
        Notice::Started(key) => child(reign, key, |core, incarnation| {
            core.came_up(now, false);
            EventKind::ChildStarted { incarnation }
        }),
        Notice::Restarted { child: key, left } => {
            reign.node.count_restart();
            child(reign, key, |core, incarnation| EventKind::ChildRestarted {
                incarnation,
                restarts: core.came_up(now, true),
                restarts_left: left,
            });
        }
        Notice::Terminated { child: key, reason, failed } => {
            if failed {
                reign.node.count_failure();
            }
            let seat = reign.engine.child(key).map(|child| &child.data);
            if let Some(stopped) = seat.filter(|seat| seat.stop_began.is_some()) {
                report::ended(&reign.node, stopped.slot(), now);
            }
            child(reign, key, |core, incarnation| {
                core.went_down(ChildState::Restarting, reason.clone());
                match reason {
                    ExitReason::StillRunning => EventKind::ChildStartFailed { reason },
                    reason => EventKind::ChildTerminated { incarnation, reason },
                }
            });
        }
        Notice::StartFailed { child: key, reason } => {
            reign.node.count_failure();
            child(reign, key, |core, _| {
                core.went_down(ChildState::Restarting, reason.clone());
                EventKind::ChildStartFailed { reason }
            });
        }
        Notice::Declined(key) => child(reign, key, |core, _| {
            core.went_down(ChildState::Stopped, ExitReason::Normal);
            EventKind::ChildDeclined
        }),
        Notice::Delayed { child: key, delay, left } => child(reign, key, |core, _| {
            core.set_state(ChildState::Restarting);
            EventKind::RestartDelayed { delay, restarts_left: left }
        }),
        Notice::TimedOut(key) => {
            let after = stop_time(reign, key, now);
            if let Some(child) = reign.engine.child(key) {
                // Without a stop that has begun, it is dropped before it was asked.
                let began = child.data.stop_began.unwrap_or(now);
                report::killed(&reign.node, child.data.slot(), began);
            }
            child(reign, key, |_, _| EventKind::ChildKilled { after });
        }
        Notice::NotStopped(key) => {
            let after = stop_time(reign, key, now);
            child(reign, key, |core, _| {
                core.set_state(ChildState::Unstoppable);
                EventKind::ChildNotStopped { after }
            });
        }
        Notice::StoppedLate(key) => child(reign, key, |core, _| {
            core.set_state(ChildState::Stopped);
            EventKind::ChildStoppedLate
        }),
        Notice::MaxRestartsExceeded { child: key, reason } => child(reign, key, |_, _| {
            let rules = reign.node.rules();
            EventKind::MaxRestartsExceeded {
                max_restarts: rules.max_restarts,
                restart_window: rules.restart_window,
                reason,
            }
        }),
        Notice::Stopping => {
            reign.node.stops().begin();
            supervisor(&reign.node, || EventKind::SupervisorStopping);
        }
    }
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

fn stop_time(reign: &Reign, key: Key, now: Instant) -> std::time::Duration {
    reign.engine.child(key).map_or_else(Default::default, |child| elapsed(&child.data, now))
}

/// Whether the life that the engine has decided on has begun.
fn has_begun(reign: &Reign, key: Key) -> bool {
    reign
        .engine
        .child(key)
        .is_none_or(|child| child.data.slot().core().generation() == child.generation)
}

fn child(reign: &Reign, key: Key, kind: impl FnOnce(&SlotCore, u64) -> EventKind) {
    let Some(child) = reign.engine.child(key) else { return };
    let core = child.data.slot().core();
    // The engine may have decided on the next life already; the place knows the present one.
    let kind = kind(core, core.generation());
    publish(&reign.node, || core.path(), kind, child.data.stop_began.is_some());
}

fn supervisor(node: &Arc<Node>, kind: impl FnOnce() -> EventKind) {
    publish(node, || node.path(), kind(), true);
}

/// `asked`: the child was told to end, so that its end is no news.
fn publish(node: &Arc<Node>, path: impl FnOnce() -> ChildPath, kind: EventKind, asked: bool) {
    let heard = somebody_listens();
    let logged = enabled!(target: "supervisor", Level::ERROR);
    if !heard && !logged {
        return;
    }
    // Paths are made only for those who read them.
    let path = path();
    // A path is relative to its root, and a program may have several.
    let name = if path.is_root() { node.label() } else { path.to_string() };
    log(&name, &kind, asked);
    if heard {
        node.publish(&path, kind);
    }
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
