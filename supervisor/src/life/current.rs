//! Which life a thread is polling: how a call knows that it comes from inside, and a panic
//! whose it is.

use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::{Arc, Once};

use crate::slot::AnySlot;

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn AnySlot>>> = const { RefCell::new(None) };
    /// Where the last panic of the current life happened.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Runs `poll` as a part of the life in `slot`. Lives can be nested: a child may poll another
/// runtime.
pub(crate) fn inside<T>(slot: &mut Option<Arc<dyn AnySlot>>, poll: impl FnOnce() -> T) -> T {
    let _ = PLACE.try_with(|place| place.set(None));
    // The slot is lent, not cloned: a poll costs no reference count.
    lend(slot);
    let result = poll();
    lend(slot);
    result
}

fn lend(slot: &mut Option<Arc<dyn AnySlot>>) {
    // A thread that is ending may still drop lives; they are then nobody's.
    let _ = CURRENT.try_with(|current| std::mem::swap(&mut *current.borrow_mut(), slot));
}

/// The slot of the life that this thread is polling.
pub(crate) fn slot() -> Option<Arc<dyn AnySlot>> {
    // A thread that is ending polls nothing.
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Where the panic happened that the life was just caught in.
pub(crate) fn take_panic_place() -> Option<String> {
    PLACE.try_with(Cell::take).ok().flatten()
}

/// Makes panics of children leave their place, once for the process; the hook that was there
/// before still runs.
pub(crate) fn install_panic_hook() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A panic while the cell is borrowed, or on a thread that is ending, has no life.
            let inside = CURRENT
                .try_with(|current| current.try_borrow().is_ok_and(|slot| slot.is_some()))
                .unwrap_or(false);
            if inside && let Some(place) = info.location() {
                let _ = PLACE.try_with(|last| last.set(Some(place.to_string())));
            }
            previous(info);
        }));
    });
}
