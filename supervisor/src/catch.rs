//! Calls foreign code from where its panic would harm other code.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls the function and returns its result, or `None` if it panics; the panic hook reports the
/// panic.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // Leak the payload: its destructor may panic again.
            std::mem::forget(payload);
            None
        }
    }
}
