//! Other supervision libraries, each used as its own documentation says.
//!
//! A default that makes a peer slow on purpose, such as a delay before each restart, is switched
//! off; each file lists what is switched off there.

pub(crate) mod ash_flare;
pub(crate) mod kameo;
pub(crate) mod ractor;
pub(crate) mod task_supervisor;

use std::time::Duration;

use crate::contender::Window;

/// A restart limit that is never reached.
const NO_LIMIT: u32 = u32::MAX;

/// Returns the length of a window.
const fn length(window: Window) -> Duration {
    match window {
        Window::Short => Duration::from_millis(1),
        Window::Long => Duration::from_secs(3600),
    }
}
