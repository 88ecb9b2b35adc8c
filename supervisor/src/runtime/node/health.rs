//! The signal that the health of a supervisor may have changed, and the lease that is shown with it.

use super::Node;
use crate::observe::{HealthWatch, LeaseStatus, is_watched};

impl Node {
    /// Begins a watch of this supervisor, and of all below it.
    pub(crate) fn watch_health(&self) -> HealthWatch {
        self.health.watch()
    }

    /// Returns the status of the lease that a child of this supervisor keeps, if one does.
    #[cfg_attr(not(feature = "lease"), expect(clippy::unused_self, reason = "only leases need it"))]
    pub(crate) fn lease_status(&self) -> Option<LeaseStatus> {
        #[cfg(feature = "lease")]
        let status = self.kept_lease().map(|gate| gate.status());
        #[cfg(not(feature = "lease"))]
        let status = None;
        status
    }

    /// Tells those who watch this supervisor, or one above it, that its health may have changed.
    /// While nobody watches any tree, this costs one load.
    pub(crate) fn health_changed(&self) {
        if is_watched() {
            self.with_ancestors(|node| node.health.raise());
        }
    }
}
