//! A child that has no supervisor yet.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{Body, ShutdownOnDrop};
use crate::mailbox::Closing;
use crate::runtime::Reaper;
use crate::slot::AnySlot;
use crate::spec::{Name, OptionLayers};

/// A specification without its type.
pub struct ErasedSpec {
    pub(crate) name: Name,
    pub(crate) options: OptionLayers,
    pub(crate) body: Unplaced,
}

impl fmt::Debug for ErasedSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A child that has no place yet. Dropped without getting one it is gone, and whoever sends to
/// it is told so.
pub(crate) struct Unplaced {
    body: Option<Body>,
    /// Keeps a supervisor alive until its parent does.
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

    /// The child has its place.
    pub(crate) fn place(self) -> Body {
        self.into_parts().0
    }

    /// The child, and what keeps it alive until it has its place.
    pub(crate) fn into_parts(mut self) -> (Body, Option<Arc<ShutdownOnDrop>>) {
        // Only this takes it, and consumes the rest.
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
        if let Some(body) = &self.body
            && let Some((_, leftovers)) = body.slot().close(Closing::Gone)
        {
            Reaper::default().take(leftovers);
        }
    }
}

impl fmt::Debug for Unplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unplaced").field(self.slot()).finish()
    }
}
