//! Exit reasons as data.

use std::error::Error;

use serde::Serialize;
use supervisor::ExitReason;

use super::cut;

/// The reason for which a life, or a supervisor, ended.
#[derive(Serialize)]
pub(super) struct ReasonJson {
    /// The kind of the reason: a word of a fixed set.
    kind: &'static str,
    /// `true` if a `Transient` child is restarted after such an end.
    abnormal: bool,
    /// The whole reason on one line.
    text: String,
    /// The message of the error or the panic, as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The messages of the error's sources, from the outermost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chain: Vec<String>,
    /// The place of a panic: `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The children through which the failure escalated, from the top: each made its supervisor give
    /// up, or could not be started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    through: Vec<String>,
}

/// The longest chain that is sent.
const LONGEST_CHAIN: usize = 20;

impl From<&ExitReason> for ReasonJson {
    fn from(reason: &ExitReason) -> Self {
        let mut through = Vec::new();
        let mut bottom = reason;
        while let ExitReason::Escalated(cause) | ExitReason::StartFailed(cause) = bottom {
            if through.len() < LONGEST_CHAIN {
                through.push(cut(cause.path().as_str()));
            }
            bottom = cause.reason();
        }
        let failure = reason.failure();
        let mut chain = Vec::new();
        let mut source = failure.and_then(Error::source);
        while let Some(next) = source.filter(|_| chain.len() < LONGEST_CHAIN) {
            chain.push(cut(&next.to_string()));
            source = next.source();
        }
        Self {
            kind: kind(reason),
            abnormal: reason.is_abnormal(),
            // The text of an escalation has a part for each level, so that of a deep tree would be too
            // long.
            text: if through.len() < LONGEST_CHAIN {
                cut(&reason.to_string())
            } else {
                cut(&bottom.to_string())
            },
            message: failure.map(|failure| cut(failure.message())),
            chain,
            place: failure.and_then(|failure| failure.place()).map(cut),
            through,
        }
    }
}

fn kind(reason: &ExitReason) -> &'static str {
    match reason {
        ExitReason::Normal => "normal",
        ExitReason::Shutdown => "shutdown",
        ExitReason::Killed => "killed",
        ExitReason::Error(_) => "error",
        ExitReason::Status(_) => "status",
        ExitReason::Panic(_) => "panic",
        ExitReason::Escalate(_) => "escalate",
        ExitReason::StartTimeout(_) => "start_timeout",
        ExitReason::StartAbandoned => "start_abandoned",
        ExitReason::Hung(_) => "hung",
        ExitReason::Escalated(_) => "escalated",
        ExitReason::StartFailed(_) => "start_failed",
        ExitReason::UsedUp => "used_up",
        ExitReason::StillRunning => "still_running",
        ExitReason::RuntimeGone => "runtime_gone",
        _ => "other",
    }
}
