//! Wall time and processor time.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    wall: Instant,
    cpu: Duration,
}

/// What has passed since a [`Moment`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// On the clock on the wall.
    pub(crate) wall: Duration,
    /// Of all processors, by all threads of this process, in user mode and in the kernel.
    pub(crate) cpu: Duration,
}

impl Moment {
    /// The present one.
    pub(crate) fn now() -> Self {
        Self { wall: Instant::now(), cpu: cpu() }
    }

    /// What has passed since.
    pub(crate) fn passed(self) -> Passed {
        Passed { wall: self.wall.elapsed(), cpu: cpu().saturating_sub(self.cpu) }
    }
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
