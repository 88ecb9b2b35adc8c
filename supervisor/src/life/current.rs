//! The life that a thread is polling: it tells a call that it is made inside a life, and assigns a
//! panic to its life.

use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::Arc;

#[cfg(feature = "signal")]
use super::threads;
use crate::slot::AnySlot;
use crate::sync::{hook, per_thread};

/// The life that a thread is polling.
struct Current {
    slot: Cell<Option<Arc<dyn AnySlot>>>,
    /// The source location of the life's last panic.
    panic_location: Cell<Option<String>>,
}

per_thread! {
    static CURRENT: Current =
        const { Current { slot: Cell::new(None), panic_location: Cell::new(None) } };
}

/// Runs `poll` as a part of the life in `slot`. Lives can be nested: a child may poll another
/// runtime.
pub(crate) fn inside<T>(slot: &mut Option<Arc<dyn AnySlot>>, poll: impl FnOnce() -> T) -> T {
    #[cfg(feature = "signal")]
    let noted = threads::note(slot.as_ref());
    // The slot is lent, not cloned: a poll changes no reference count. A thread that is ending may still
    // drop lives; such a thread has no current life.
    let _ = CURRENT.try_with(|current| {
        current.panic_location.set(None);
        current.lend(slot);
    });
    let result = poll();
    let _ = CURRENT.try_with(|current| current.lend(slot));
    #[cfg(feature = "signal")]
    drop(noted);
    result
}

impl Current {
    /// Swaps the slot with the thread's current one: lends it, or returns it to the caller.
    fn lend(&self, slot: &mut Option<Arc<dyn AnySlot>>) {
        *slot = self.slot.replace(slot.take());
    }

    /// Calls `look` with the slot, which is taken out of the cell meanwhile: `look` must not panic, and
    /// must not ask for the current life.
    fn look<T>(&self, look: impl FnOnce(&Option<Arc<dyn AnySlot>>) -> T) -> T {
        let slot = self.slot.take();
        let seen = look(&slot);
        self.slot.set(slot);
        seen
    }
}

/// Returns the slot of the life that this thread is polling.
pub(crate) fn slot() -> Option<Arc<dyn AnySlot>> {
    // A thread that is ending polls nothing.
    CURRENT.try_with(|current| current.look(Option::clone)).ok().flatten()
}

/// Takes the source location of the panic that was just caught.
pub(crate) fn take_panic_location() -> Option<String> {
    CURRENT.try_with(|current| current.panic_location.take()).ok().flatten()
}

/// Installs, once for the process, a panic hook that records the source location of a child's
/// panic; the previous hook still runs.
pub(crate) fn install_panic_hook() {
    hook::install(note_panic);
}

/// Notes the source location of a panic of the current life.
fn note_panic(info: &PanicHookInfo<'_>) {
    // A panic on a thread that is ending has no life.
    let _ = CURRENT.try_with(|current| {
        if current.look(Option::is_some)
            && let Some(location) = info.location()
        {
            current.panic_location.set(Some(location.to_string()));
        }
    });
}
