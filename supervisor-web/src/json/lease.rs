//! Leases as data.

use serde::Serialize;
use supervisor::health::HealthLease;
use supervisor::info::LeaseStatus;

use super::{cut, millis};

/// The lease that the children of a supervisor need.
#[derive(Serialize)]
pub(super) struct LeaseJson {
    lease: String,
    /// `standby`, `leading` or `lost`.
    state: &'static str,
    lasted_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fence: Option<u64>,
    /// The time after which the children run no more, unless the lease is renewed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_ms: Option<u64>,
    acquisitions: u64,
    losses: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_loss_ms: Option<u64>,
}

impl From<&LeaseStatus> for LeaseJson {
    fn from(status: &LeaseStatus) -> Self {
        Self {
            lease: cut(&status.lease),
            state: status.state.as_str(),
            lasted_ms: millis(status.lasted),
            fence: status.fence,
            left_ms: status.left.map(millis),
            acquisitions: status.acquisitions,
            losses: status.losses,
            last_loss_ms: status.last_loss.map(millis),
        }
    }
}

/// The lease of a supervisor, in the health of the tree.
#[derive(Serialize)]
pub(super) struct HealthLeaseJson {
    path: String,
    /// The status on one line.
    text: String,
    #[serde(flatten)]
    status: LeaseJson,
}

impl From<&HealthLease> for HealthLeaseJson {
    fn from(lease: &HealthLease) -> Self {
        Self {
            path: cut(lease.path.as_str()),
            text: cut(&lease.to_string()),
            status: (&lease.status).into(),
        }
    }
}
