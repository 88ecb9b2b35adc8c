//! Calls of foreign code, from places in which a panic would harm other children.
//!
//! A guard works on a thread that unwinds too: a panic that is caught within a destructor does not
//! end the process.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::mem::{forget, needs_drop};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Returns the result of the call, or `None` if the call panics: the panic hook has already
/// reported the panic.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(payload) => {
            drop_payload(payload);
            None
        }
    }
}

/// Drops the payload of a panic. Not generic, so that it is compiled once, and not for each call that
/// may panic.
#[cold]
fn drop_payload(payload: Box<dyn Any + Send>) {
    // A payload whose drop panics makes another payload, which is leaked.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        forget(second);
    }
}

/// Drops each value by itself, so that a destructor that panics spares the others.
pub(crate) fn drop_each<T>(values: impl IntoIterator<Item = T>) {
    let values = values.into_iter();
    if needs_drop::<T>() {
        values.for_each(|value| {
            catch_panic(|| drop(value));
        });
    }
}

/// The wakers of those that wait for something, by their numbers. One type for all, since the code of a
/// map is compiled again for each type of map.
pub(crate) type NumberedWakers = BTreeMap<u64, Waker>;

/// Wakes each task, also if a waker panics: a waker that is not the runtime's is foreign code.
pub(crate) fn wake_each(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(wake_one);
}

/// Wakes a task, if there is one, as [`wake_each`] does. Never called with a lock held, since a waker is
/// foreign code.
#[inline]
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        wake_one(waker);
    }
}

fn wake_one(waker: Waker) {
    catch_panic(|| waker.wake());
}

/// A value of the user's that is dropped under a guard, since other values of the user's may be
/// dropped beside it, or be unwinding: a second panic would end the process.
pub(crate) struct Guarded<T> {
    /// `None` only while the value is dropped.
    value: Option<T>,
}

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Some(value) }
    }

    /// Returns the value; `None` if it is being dropped.
    pub(crate) fn into_inner(mut self) -> Option<T> {
        self.value.take()
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().unwrap_or_else(|| unreachable!("the value is taken only by the drop"))
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        drop_each(self.value.take());
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
