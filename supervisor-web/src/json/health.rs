//! Health as data.

use serde::Serialize;
use supervisor::health::{Health, HealthProblem, HealthReason};

use super::lease::HealthLeaseJson;
use super::reason::ReasonJson;
use super::{cut, millis};

/// The number of reasons, and of leases, that are sent before the rest is counted.
const MOST: usize = 200;

#[derive(Serialize)]
pub(crate) struct HealthJson {
    live: bool,
    ready: bool,
    degraded: bool,
    reasons: Vec<HealthReasonJson>,
    /// The number of reasons that are left out.
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
    /// The leases that children need.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leases: Vec<HealthLeaseJson>,
    /// The number of leases that are left out.
    #[serde(skip_serializing_if = "is_zero")]
    more_leases: usize,
}

#[derive(Serialize)]
struct HealthReasonJson {
    path: String,
    part: &'static str,
    /// The problem: a word of a fixed set.
    problem: &'static str,
    /// The whole reason on one line.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasted_ms: Option<u64>,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_exit: Option<ReasonJson>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl From<&Health> for HealthJson {
    fn from(health: &Health) -> Self {
        Self {
            live: health.live,
            ready: health.ready,
            degraded: health.degraded,
            reasons: health.reasons.iter().take(MOST).map(Into::into).collect(),
            more: health.reasons.len().saturating_sub(MOST),
            leases: health.leases.iter().take(MOST).map(Into::into).collect(),
            more_leases: health.leases.len().saturating_sub(MOST),
        }
    }
}

impl From<&HealthReason> for HealthReasonJson {
    fn from(reason: &HealthReason) -> Self {
        Self {
            path: cut(reason.path.as_str()),
            part: reason.part.as_str(),
            problem: word(&reason.problem),
            text: cut(&reason.to_string()),
            lasted_ms: reason.lasted.map(millis),
            failures: reason.failures,
            last_exit: reason.last_exit.as_ref().map(Into::into),
        }
    }
}

fn word(problem: &HealthProblem) -> &'static str {
    match problem {
        HealthProblem::NotStarted => "not_started",
        HealthProblem::Starting => "starting",
        HealthProblem::Restarting => "restarting",
        HealthProblem::Draining => "draining",
        HealthProblem::Failed => "failed",
        HealthProblem::Stopping => "stopping",
        HealthProblem::Stopped => "stopped",
        HealthProblem::Unstoppable => "unstoppable",
        HealthProblem::Ended => "ended",
        HealthProblem::Degraded(_) => "degraded",
        HealthProblem::Unready(_) => "unready",
        _ => "other",
    }
}
