//! Calls of code that is not ours, from where a panic would harm others.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the call gives, or nothing if it panics: the panic has said so by itself.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // What it panicked with may panic again when it is dropped.
            std::mem::forget(payload);
            None
        }
    }
}
