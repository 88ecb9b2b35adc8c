//! The body of a child: a task or a supervisor.

use std::sync::Arc;

use super::Node;
use crate::life::LifeFactory;
use crate::slot::AnySlot;
use crate::spec::Budget;

/// The body of a child, without its type.
#[derive(Clone)]
pub(crate) enum Body {
    /// A task of the user's, with the factory of its lives.
    Task { factory: Arc<dyn LifeFactory>, slot: Arc<dyn AnySlot> },
    /// A nested supervisor.
    Supervisor { node: Arc<Node>, slot: Arc<dyn AnySlot> },
}

impl Body {
    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        let (Self::Task { slot, .. } | Self::Supervisor { slot, .. }) = self;
        slot
    }

    /// Leaves the factory of a pool's worker that was refused in the worker's slot: the caller that
    /// tried to add the worker has a handle of it, and wants the value back. Anything else that was
    /// refused, and a worker whose caller has given up, is returned.
    ///
    /// The factory must be there before the caller is answered. A caller that gives up later takes it out
    /// and drops it; one whose handle was the last is gone with the returned slot.
    pub(in crate::runtime) fn keep_refused(self) -> Result<Arc<dyn AnySlot>, Self> {
        match self {
            Self::Task { factory, slot }
                if slot.core().name().number().is_some() && Arc::strong_count(&slot) > 1 =>
            {
                match slot.core().keep_refused(factory) {
                    None => Ok(slot),
                    Some(factory) => Err(Self::Task { factory, slot }),
                }
            }
            body => Err(body),
        }
    }

    /// Returns `true` if the child is a supervisor behind a gate.
    pub(crate) fn is_gated(&self) -> bool {
        match self {
            #[cfg(feature = "lease")]
            Self::Supervisor { node, .. } => node.own_gate().is_some(),
            _ => false,
        }
    }

    /// Returns the time that the child needs to stop if no shutdown time cuts it short.
    pub(crate) fn need(&self) -> Budget {
        match self {
            Self::Task { .. } => Budget::Unbounded,
            Self::Supervisor { node, .. } => node.need(),
        }
    }
}
