//! Whether a call is made by a task that it would wait for.

use std::sync::Arc;

use crate::current;
use crate::node::Node;
use crate::slot::SlotCore;

/// Whether this is the task of that child, or of one below it.
pub(crate) fn is_inside_child(core: &SlotCore) -> bool {
    let mut slot = current::slot();
    while let Some(here) = slot {
        if std::ptr::eq(here.core(), core) {
            return true;
        }
        slot = here.core().owner().and_then(|owner| owner.slot());
    }
    false
}

/// Whether this is the task of a child somewhere below that supervisor.
pub(crate) fn is_inside_supervisor(node: &Arc<Node>) -> bool {
    let mut owner = current::slot().and_then(|slot| slot.core().owner());
    while let Some(here) = owner {
        if Arc::ptr_eq(&here, node) {
            return true;
        }
        owner = here.parent();
    }
    false
}
