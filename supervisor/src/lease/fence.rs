//! The fence: the number of an acquisition, which tells the present holder from its predecessors.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::life::gate::Gate;

/// The fencing token of a lease, for the children that run under it.
///
/// No lease protects against a process that is paused and goes on: the lease has ended meanwhile,
/// another replica holds it, and the first write that follows is stale. Only the system that receives
/// the write can refuse it: the write carries the number of its acquisition, and the system refuses a
/// number that is lower than the highest that it has seen. The number never decreases.
///
/// A clone is the same fence. Within one life of a child the number does not change: the children
/// start again with each acquisition. (A task that a child has spawned by itself can outlive the child;
/// read the number before it is spawned.)
///
/// ```
/// use supervisor::lease::Fence;
/// use supervisor::prelude::*;
///
/// # async fn pay(_invoice: u64, _fence: u64) -> Result<(), std::io::Error> { Ok(()) }
/// async fn billing(ctx: Context, fence: Fence) -> ChildResult {
///     let fence = fence.number()?;
///     pay(1, fence).await?; // the table refuses it if a row has a higher fence
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
/// # let _ = billing;
/// ```
#[derive(Clone)]
pub struct Fence {
    lease: Arc<str>,
    gate: Arc<Gate>,
}

impl Fence {
    pub(super) fn new(lease: Arc<str>, gate: Arc<Gate>) -> Self {
        Self { lease, gate }
    }

    /// Returns the name of the lease.
    #[must_use]
    pub fn lease(&self) -> &str {
        &self.lease
    }

    /// Returns the number of the present acquisition, and looks at the clock for that.
    ///
    /// # Errors
    ///
    /// [`NoLease`] if this replica does not hold the lease, or holds it for no more than a moment.
    pub fn number(&self) -> Result<u64, NoLease> {
        self.gate.fence().ok_or_else(|| NoLease(Arc::clone(&self.lease)))
    }
}

impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fence")
            .field("lease", &self.lease)
            .field("number", &self.gate.fence())
            .finish()
    }
}

/// The error of [`Fence::number`]: this replica does not hold the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoLease(Arc<str>);

impl fmt::Display for NoLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this replica does not hold the lease `{}`", self.0)
    }
}

impl Error for NoLease {}
