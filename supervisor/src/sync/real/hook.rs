//! The panic hook of the process.

#![expect(clippy::disallowed_types, reason = "the one place that names the originals")]

use std::panic::{self, PanicHookInfo};
use std::sync::Once;

/// Installs, once for the process, a panic hook before the present one, which still runs.
pub(crate) fn install(hook: fn(&PanicHookInfo<'_>)) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            hook(info);
            previous(info);
        }));
    });
}
