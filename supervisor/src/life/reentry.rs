//! Detection of calls that would wait for the task that makes them.

use std::sync::Arc;

use super::current;
use crate::engine::Key;
use crate::inbox::{Inbox, Owner};
use crate::slot::{AnySlot, address_of};

/// Returns `true` in the task of the child in this slot, or of a child below that child: a call
/// that waits for the child would wait for itself.
pub(crate) fn child_would_wait_for_itself(slot: &dyn AnySlot) -> bool {
    let Some(here) = current::slot() else { return false };
    let target = address_of(slot);
    let owners = ancestors(here.core().owner());
    address_of(&*here) == target
        || owners.into_iter().any(|owner| owner.slot_address() == Some(target))
}

/// Returns `true` in the task of a child anywhere below this supervisor.
pub(crate) fn supervisor_would_wait_for_itself(supervisor: &dyn Owner) -> bool {
    let owner = current::slot().and_then(|slot| slot.core().owner());
    ancestors(owner).into_iter().any(|owner| std::ptr::addr_eq(&raw const *owner, supervisor))
}

/// Returns a supervisor with all supervisors above it.
fn ancestors(owner: Option<Arc<dyn Owner>>) -> impl IntoIterator<Item = Arc<dyn Owner>> {
    std::iter::successors(owner, |owner| owner.parent())
}

/// Returns the key of the child of a supervisor, given by its inbox, in a task of which the calling
/// code runs, or below which it runs.
pub(crate) fn calling_child(supervisor: &Arc<Inbox>) -> Option<Key> {
    let mut link = current::slot()?.core().link()?;
    while !Arc::ptr_eq(&link.inbox, supervisor) {
        link = link.inbox.owner().owner()?.link()?;
    }
    Some(link.key)
}
