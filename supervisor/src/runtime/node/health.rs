//! The signal that the health of a supervisor may have changed.

use super::Node;
use crate::observe::{HealthWatch, is_watched};

impl Node {
    /// Begins a watch of this supervisor, and of all below it.
    pub(crate) fn watch_health(&self) -> HealthWatch {
        self.health.watch()
    }

    /// Tells those who watch this supervisor, or one above it, that its health may have changed.
    /// While nobody watches any tree, this costs one load.
    pub(crate) fn health_changed(&self) {
        if is_watched() {
            self.with_ancestors(|node| node.health.raise());
        }
    }
}
