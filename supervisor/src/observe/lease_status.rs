//! The status of a lease: what this replica knows of the lease that some children need.

use std::fmt;
use std::time::Duration;

use super::health::Lasted;
use crate::spec::{ChildPath, Escaped};

/// The state of a lease that some children need to run (feature `lease`), as this replica knows it.
///
/// `Display` prints it on one line: `leading for 3m 2s with lease `billing`, fence 7`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseStatus {
    /// The name of the lease.
    pub lease: String,
    /// The state of this replica.
    pub state: LeaseState,
    /// The time for which the replica has been in this state.
    pub lasted: Duration,
    /// The fence of the present acquisition, or else of the last one that this replica has made.
    pub fence: Option<u64>,
    /// The time after which the children run no more, unless the lease is renewed before: it ends half a
    /// second before the lease may end. `None` unless the replica leads.
    pub left: Option<Duration>,
    /// The number of times that this replica has acquired the lease and started the children.
    pub acquisitions: u64,
    /// The number of times that the children were stopped because the lease was lost, or could not be
    /// renewed in time. To give the lease up in a graceful stop is no loss.
    pub losses: u64,
    /// The time since the last loss.
    pub last_loss: Option<Duration>,
}

/// The state of a replica that needs a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeaseState {
    /// The replica does not hold the lease, and its children do not run. Another replica may hold it.
    Standby,
    /// The replica holds the lease, and runs the children. They may also be in a graceful stop, during
    /// which the lease is still held.
    Leading,
    /// The lease is lost, or could not be renewed in time, and the children are being stopped.
    Lost,
}

impl LeaseState {
    /// Returns the state in a word: `standby`, `leading` or `lost`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Leading => "leading",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for LeaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for LeaseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lease, lasted) = (Escaped(&self.lease), Lasted(self.lasted));
        match self.state {
            LeaseState::Standby => {
                write!(f, "standby: no lease `{lease}`, for {lasted}")?;
                self.last_loss
                    .map_or(Ok(()), |since| write!(f, "; it was lost {} ago", Lasted(since)))
            }
            LeaseState::Leading => {
                write!(f, "leading for {lasted} with lease `{lease}`")?;
                self.fence.map_or(Ok(()), |fence| write!(f, ", fence {fence}"))
            }
            LeaseState::Lost => {
                write!(f, "lease `{lease}` lost {lasted} ago; the children are being stopped")
            }
        }
    }
}

/// The status of a lease in the [`Health`](super::Health) of a tree. None is a problem: a replica on
/// standby is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthLease {
    /// The path of the supervisor whose children need the lease.
    pub path: ChildPath,
    /// The status of the lease.
    pub status: LeaseStatus,
}

impl fmt::Display for HealthLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_line_whatever_the_name_of_the_lease() {
        let mut status = LeaseStatus {
            lease: "jobs\n1".to_owned(),
            state: LeaseState::Standby,
            lasted: Duration::from_millis(1_500),
            fence: None,
            left: None,
            acquisitions: 0,
            losses: 0,
            last_loss: None,
        };
        let escaped = Escaped("jobs\n1").to_string();
        assert_eq!(status.to_string(), format!("standby: no lease `{escaped}`, for 1.5s"));
        assert!(!status.to_string().contains('\n'));
        status.lease = "jobs".to_owned();
        status.last_loss = Some(Duration::from_secs(62));
        assert_eq!(status.to_string(), "standby: no lease `jobs`, for 1.5s; it was lost 1m 2s ago");
        status = LeaseStatus { state: LeaseState::Leading, fence: Some(7), ..status };
        assert_eq!(status.to_string(), "leading for 1.5s with lease `jobs`, fence 7");
        status.state = LeaseState::Lost;
        assert_eq!(
            status.to_string(),
            "lease `jobs` lost 1.5s ago; the children are being stopped"
        );
    }
}
