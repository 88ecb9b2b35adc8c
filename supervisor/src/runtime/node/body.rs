//! What a child is, whatever its type.

use std::sync::Arc;

use super::Node;
use crate::life::LifeFactory;
use crate::slot::AnySlot;
use crate::spec::Budget;

/// What a child is: a task of the user's, or a supervisor.
#[derive(Clone)]
pub(crate) enum Body {
    Task { factory: Arc<dyn LifeFactory>, slot: Arc<dyn AnySlot> },
    Supervisor { node: Arc<Node>, slot: Arc<dyn AnySlot> },
}

impl Body {
    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        let (Self::Task { slot, .. } | Self::Supervisor { slot, .. }) = self;
        slot
    }

    /// How long it takes to stop, if it has all the time it wants.
    pub(crate) fn need(&self) -> Budget {
        match self {
            Self::Task { .. } => Budget::Unbounded,
            Self::Supervisor { node, .. } => node.need(),
        }
    }
}
