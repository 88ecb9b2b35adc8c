//! The life that a thread is polling: it tells a call that it is made inside a life, and assigns a
//! panic to its life.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::Arc;

#[cfg(feature = "signal")]
use super::threads;
use crate::slot::AnySlot;
use crate::sync::{hook, per_thread};

per_thread! {
    /// The slot of the life that this thread is polling.
    static CURRENT: RefCell<Option<Arc<dyn AnySlot>>> = const { RefCell::new(None) };
    /// The source location of the last panic of the current life.
    static PANIC_LOCATION: Cell<Option<String>> = const { Cell::new(None) };
}

/// Runs `poll` as a part of the life in `slot`. Lives can be nested: a child may poll another
/// runtime.
pub(crate) fn inside<T>(slot: &mut Option<Arc<dyn AnySlot>>, poll: impl FnOnce() -> T) -> T {
    let _ = PANIC_LOCATION.try_with(|location| location.set(None));
    #[cfg(feature = "signal")]
    let noted = threads::note(slot.as_ref());
    // The slot is lent, not cloned: a poll changes no reference count.
    lend(slot);
    let result = poll();
    lend(slot);
    #[cfg(feature = "signal")]
    drop(noted);
    result
}

/// Swaps the slot with the thread's current one: lends it, or returns it to the caller.
fn lend(slot: &mut Option<Arc<dyn AnySlot>>) {
    // A thread that is ending may still drop lives; such a thread has no current life.
    let _ = CURRENT.try_with(|current| std::mem::swap(&mut *current.borrow_mut(), slot));
}

/// Returns the slot of the life that this thread is polling.
pub(crate) fn slot() -> Option<Arc<dyn AnySlot>> {
    // A thread that is ending polls nothing.
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Takes the source location of the panic that was just caught.
pub(crate) fn take_panic_location() -> Option<String> {
    PANIC_LOCATION.try_with(Cell::take).ok().flatten()
}

/// Installs, once for the process, a panic hook that records the source location of a child's
/// panic; the previous hook still runs.
pub(crate) fn install_panic_hook() {
    hook::install(note_panic);
}

/// Notes the source location of a panic of the current life.
fn note_panic(info: &PanicHookInfo<'_>) {
    // A panic while the cell is borrowed, or on a thread that is ending, has no life.
    let in_life = CURRENT
        .try_with(|current| current.try_borrow().is_ok_and(|slot| slot.is_some()))
        .unwrap_or(false);
    if in_life && let Some(location) = info.location() {
        let _ = PANIC_LOCATION.try_with(|last| last.set(Some(location.to_string())));
    }
}
