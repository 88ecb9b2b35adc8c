//! The memory of this process and the wake-ups of its threads, as Linux reports them.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Returns the resident set, in bytes.
///
/// # Panics
///
/// If there is no `/proc/self/statm`.
pub(crate) fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells the resident set");
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("the second field is the resident set") * rustix::param::page_size()
}

/// Returns the processor time of all child processes that have ended, and of their own.
///
/// # Panics
///
/// If there is no `/proc/self/stat`.
pub(crate) fn cpu_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells of the process");
    // The name of the program, in brackets, may have spaces in it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // The manual's third field is the first here; its fields 16 and 17 are the children's times.
    let ticks: u64 = fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

/// Returns the number of times that the threads other than the first have gone to sleep, in total.
///
/// # Panics
///
/// If there is no `/proc/self/task`.
pub(crate) fn sleeps() -> usize {
    let threads = fs::read_dir("/proc/self/task").expect("Linux lists the threads");
    let first = std::process::id().to_string();
    let others = threads.flatten().filter(|thread| *thread.file_name() != *first);
    // The file of a thread that has ended meanwhile is gone.
    others.filter_map(|thread| sleeps_of(&thread.path().join("status"))).sum()
}

fn sleeps_of(status: &Path) -> Option<usize> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
    line.trim().parse().ok()
}
