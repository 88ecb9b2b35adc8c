//! Calls of user code, from places in which a panic would harm other children.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Returns the result of the call, or `None` if the call panics: the panic hook has already
/// reported the panic.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // The payload is leaked, because its drop may panic again.
            std::mem::forget(payload);
            None
        }
    }
}
