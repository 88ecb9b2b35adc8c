//! What threads had of the processor, as Linux counts it, for tests that measure times on a real clock.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::path::Path;
use std::time::Duration;

/// Returns the time for which this thread has run; zero where nobody counts.
#[must_use]
pub fn time_of_this_thread() -> Duration {
    count(Path::new("/proc/thread-self"), 0).unwrap_or_default()
}

/// The times for which each thread of this process has waited for a processor so far.
pub(crate) struct Waits(HashMap<OsString, Duration>);

impl Waits {
    pub(crate) fn now() -> Self {
        let of_thread = |thread: DirEntry| Some((thread.file_name(), count(&thread.path(), 1)?));
        Self(threads().filter_map(of_thread).collect())
    }

    /// Returns the time for which the threads have waited since then, one after the other.
    pub(crate) fn since(&self) -> Duration {
        let Self(now) = Self::now();
        let since = |(thread, waited): (OsString, Duration)| {
            waited.saturating_sub(self.0.get(&thread).copied().unwrap_or_default())
        };
        now.into_iter().map(since).sum()
    }
}

/// Returns the time for which the threads of tokio's runtimes in this process were ready to run and had no
/// processor; zero where nobody counts.
#[must_use]
pub fn time_without_processor() -> Duration {
    let waited = |thread: DirEntry| {
        let name = fs::read_to_string(thread.path().join("comm")).ok()?;
        name.starts_with("tokio-").then(|| count(&thread.path(), 1))?
    };
    threads().filter_map(waited).sum()
}

fn threads() -> impl Iterator<Item = DirEntry> {
    fs::read_dir("/proc/self/task").into_iter().flatten().flatten()
}

/// Returns one of the times that are counted of a thread: it ran, or it waited for a processor.
fn count(thread: &Path, place: usize) -> Option<Duration> {
    let counts = fs::read_to_string(thread.join("schedstat")).ok()?;
    counts.split(' ').nth(place)?.parse().ok().map(Duration::from_nanos)
}
