//! Wall time and processor time.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// An instant on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    wall: Instant,
    cpu: Duration,
}

/// The time that has passed since a [`Moment`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// Wall-clock time.
    pub(crate) wall: Duration,
    /// Processor time of all threads of this process, in user mode and in the kernel.
    pub(crate) cpu: Duration,
}

impl Moment {
    /// Returns the present instant.
    pub(crate) fn now() -> Self {
        Self { wall: Instant::now(), cpu: cpu() }
    }

    /// Returns the time that has passed since this instant.
    pub(crate) fn passed(self) -> Passed {
        Passed { wall: self.wall.elapsed(), cpu: cpu().saturating_sub(self.cpu) }
    }
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
