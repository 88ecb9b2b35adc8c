//! The supervisor of a child, as far as the layers below the runtime know it.

use std::sync::{Arc, Weak};

use super::Link;
use crate::error::SupervisorError;
use crate::spec::ChildPath;

/// The supervisor of a child.
pub(crate) trait Owner: std::any::Any + Send + Sync {
    /// Returns the supervisor's own path.
    fn path(&self) -> ChildPath;
    /// Returns the supervisor above this one.
    fn parent(&self) -> Option<Arc<dyn Owner>>;
    /// Returns the address of the slot that this supervisor has as a child, to tell slots apart.
    fn slot_address(&self) -> Option<usize>;
    /// Returns the link that this supervisor has as a child, if it is in a life of its parent.
    fn link(&self) -> Option<Link>;
    /// Notes that the health of a child may have changed.
    fn health_changed(&self);
    /// Returns the error for a call that cannot be answered because the supervisor does not run.
    fn unavailable(&self) -> SupervisorError;
}

/// A reference to the owner that does not keep it alive; shared, so that each child pays for a
/// thin pointer only.
pub(crate) struct Anchor(Weak<dyn Owner>);

impl Anchor {
    pub(crate) fn new(owner: Weak<dyn Owner>) -> Arc<Self> {
        Arc::new(Self(owner))
    }

    pub(crate) fn owner(&self) -> Option<Arc<dyn Owner>> {
        self.0.upgrade()
    }
}

impl std::fmt::Debug for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Anchor").finish_non_exhaustive()
    }
}
