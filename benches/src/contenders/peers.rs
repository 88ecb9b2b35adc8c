//! Others who supervise, each used as its own documentation says.
//!
//! Where a default would have made a peer slow on purpose, such as a delay before each restart,
//! it is switched off; each file says what was.

pub(crate) mod ash_flare;
pub(crate) mod kameo;
pub(crate) mod ractor;
pub(crate) mod task_supervisor;

use std::time::Duration;

use crate::contender::Window;

/// A restart limit that nobody reaches.
const NO_LIMIT: u32 = u32::MAX;

const fn length(window: Window) -> Duration {
    match window {
        Window::Short => Duration::from_millis(1),
        Window::Long => Duration::from_secs(3600),
    }
}
