//! Events as data.

use serde::Serialize;
use supervisor::MaxRestarts;
use supervisor::events::{Event, EventKind};

use super::reason::ReasonJson;
use super::{cut, millis, unix, unix_now};

/// An entry of the time line, serialized once for all readers.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) json: std::sync::Arc<str>,
    /// The path of the child, if the entry reports a failure or a lost lease: such entries are kept
    /// longer.
    pub(crate) failed: Option<std::sync::Arc<str>>,
}

#[derive(Default, Serialize)]
struct EventJson {
    /// The number of the event; 0 for an entry that is no event of the tree.
    number: u64,
    /// Milliseconds since 1970.
    at: u64,
    path: String,
    kind: &'static str,
    /// The event in words, on one line, without the path.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restarts_left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_restarts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ms: Option<u64>,
    /// The time until a restart, or since a stop began.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// The siblings that are waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on: Vec<String>,
    /// The operator who has requested the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<String>,
}

impl From<&Event> for Entry {
    fn from(event: &Event) -> Self {
        let mut json = EventJson {
            number: event.number(),
            at: unix(event.at()),
            path: cut(event.path().as_str()),
            kind: kind(event.kind()),
            text: cut(&event.kind().to_string()),
            ..EventJson::default()
        };
        fill_in(&mut json, event.kind());
        let failed = is_failure(event.kind()).then(|| event.path().as_str().into());
        Self { failed, ..Self::of(&json) }
    }
}

impl Entry {
    fn of(json: &EventJson) -> Self {
        // A struct of strings and numbers is always serializable.
        Self { json: serde_json::to_string(json).unwrap_or_default().into(), failed: None }
    }
}

/// Returns `true` if something has failed, or a lease was lost.
fn is_failure(kind: &EventKind) -> bool {
    match kind {
        EventKind::ChildTerminated { reason, .. } => reason.is_abnormal(),
        EventKind::ChildStartFailed { .. }
        | EventKind::ChildGivenUp { .. }
        | EventKind::ChildNotStopped { .. }
        | EventKind::MaxRestartsExceeded { .. }
        | EventKind::LeaseLost { .. } => true,
        _ => false,
    }
}

/// Returns the entry for what an operator has done to the child at this path.
pub(crate) fn operator_entry(who: &str, path: &str, text: String) -> Entry {
    Entry::of(&EventJson {
        at: unix_now(),
        path: cut(path),
        kind: "operator",
        text,
        who: Some(cut(who)),
        ..EventJson::default()
    })
}

fn fill_in(json: &mut EventJson, kind: &EventKind) {
    match kind {
        EventKind::StartWaits { on, .. } | EventKind::StopWaits { on, .. } => {
            json.on = on.iter().map(|path| cut(path.as_str())).collect();
        }
        EventKind::ChildStarted { incarnation, .. } => json.life = Some(*incarnation),
        EventKind::ChildRestarted { incarnation, restarts_left, .. } => {
            json.life = Some(*incarnation);
            json.restarts_left = *restarts_left;
        }
        EventKind::ChildTerminated { incarnation, reason, .. } => {
            json.life = Some(*incarnation);
            json.reason = Some(reason.into());
        }
        EventKind::ChildStartFailed { reason, .. }
        | EventKind::SupervisorTerminated { reason, .. } => json.reason = Some(reason.into()),
        EventKind::ChildEnded { reason, .. } => json.reason = reason.as_ref().map(Into::into),
        EventKind::RestartDelayed { delay, restarts_left, .. } => {
            json.time_ms = Some(millis(*delay));
            json.restarts_left = *restarts_left;
        }
        EventKind::ChildKilled { after: time, .. }
        | EventKind::ChildNotStopped { after: time, .. }
        | EventKind::ShutdownOutOfTime { after: time, .. }
        | EventKind::SupervisorDraining { time, .. } => {
            json.time_ms = Some(millis(*time));
        }
        EventKind::MessagesLeft { count, .. } => json.count = u64::try_from(*count).ok(),
        EventKind::MaxRestartsExceeded { max_restarts, restart_window, reason, .. }
        | EventKind::ChildGivenUp { max_restarts, restart_window, reason, .. } => {
            json.max_restarts = match max_restarts {
                MaxRestarts::AtMost(limit) => Some(*limit),
                MaxRestarts::Unlimited => None,
            };
            json.restarts_left = Some(0);
            json.window_ms = Some(millis(*restart_window));
            json.reason = Some(reason.into());
        }
        EventKind::Missed { count, .. } => json.count = Some(*count),
        _ => {}
    }
}

fn kind(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::StartWaits { .. } => "start_waits",
        EventKind::StopWaits { .. } => "stop_waits",
        EventKind::ChildStarted { .. } => "child_started",
        EventKind::ChildRestarted { .. } => "child_restarted",
        EventKind::ChildTerminated { .. } => "child_terminated",
        EventKind::ChildDeclined => "child_declined",
        EventKind::ChildStartFailed { .. } => "child_start_failed",
        EventKind::RestartDelayed { .. } => "restart_delayed",
        EventKind::ChildKilled { .. } => "child_killed",
        EventKind::ChildNotStopped { .. } => "child_not_stopped",
        EventKind::ChildStoppedLate => "child_stopped_late",
        EventKind::ChildGivenUp { .. } => "child_given_up",
        EventKind::ChildEnded { .. } => "child_ended",
        EventKind::MessagesLeft { .. } => "messages_left",
        EventKind::MaxRestartsExceeded { .. } => "max_restarts_exceeded",
        EventKind::SupervisorStarted => "supervisor_started",
        EventKind::SupervisorDraining { .. } => "supervisor_draining",
        EventKind::ShutdownOutOfTime { .. } => "shutdown_out_of_time",
        EventKind::SupervisorStopping => "supervisor_stopping",
        EventKind::SupervisorTerminated { .. } => "supervisor_terminated",
        EventKind::LeaseAcquired { .. } => "lease_acquired",
        EventKind::LeaseReleased { .. } => "lease_released",
        EventKind::LeaseLost { .. } => "lease_lost",
        EventKind::Missed { .. } => "missed",
        _ => "other",
    }
}
