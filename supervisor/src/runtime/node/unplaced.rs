//! A child that has no supervisor yet.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Body, ShutdownOnDrop};
use crate::mailbox::Closing;
use crate::runtime::reaper::Reaper;
use crate::slot::AnySlot;
use crate::spec::{Name, OptionLayers};

/// A child's specification without its type.
pub struct ErasedSpec {
    pub(crate) name: Name,
    pub(crate) options: OptionLayers,
    /// The siblings that the child uses beyond those that its value shows.
    pub(crate) after: Box<[Name]>,
    pub(crate) body: Unplaced,
}

impl fmt::Debug for ErasedSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A child that has no supervisor yet. If it is dropped before it gets one, its mailbox closes for
/// good, so that senders get an error.
pub(crate) struct Unplaced {
    /// `None` only after [`into_parts`](Self::into_parts).
    body: Option<Body>,
    /// Keeps a supervisor alive until its parent holds it.
    keeper: Option<Arc<ShutdownOnDrop>>,
}

impl Unplaced {
    pub(crate) fn new(body: Body) -> Self {
        Self { body: Some(body), keeper: None }
    }

    pub(crate) fn of_supervisor(body: Body, keeper: Option<Arc<ShutdownOnDrop>>) -> Self {
        Self { body: Some(body), keeper }
    }

    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        Body::slot(self)
    }

    /// Returns the guard that keeps a supervisor alive until its parent holds it.
    pub(crate) fn keeper(&self) -> Option<Arc<ShutdownOnDrop>> {
        self.keeper.clone()
    }

    /// Returns the child's body; the caller gives it a supervisor.
    pub(crate) fn into_body(self) -> Body {
        self.into_parts().0
    }

    /// Returns the child's body, and the guard that keeps a supervisor alive until its parent holds
    /// it.
    pub(crate) fn into_parts(mut self) -> (Body, Option<Arc<ShutdownOnDrop>>) {
        // Only this function takes the body, and it consumes `self`.
        let body = self.body.take().unwrap_or_else(|| unreachable!("placed twice"));
        (body, self.keeper.take())
    }
}

impl Deref for Unplaced {
    type Target = Body;

    fn deref(&self) -> &Body {
        self.body.as_ref().unwrap_or_else(|| unreachable!("placed, and still used"))
    }
}

impl Drop for Unplaced {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else { return };
        if let Some((_, leftovers)) = body.slot().close(Closing::Gone) {
            Reaper::default().take(leftovers);
        }
        drop(body.keep_refused());
    }
}

impl fmt::Debug for Unplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unplaced").field(self.slot()).finish()
    }
}
