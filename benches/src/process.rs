//! How much memory this process occupies, and how often its threads woke up, as Linux tells it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// The resident set, in bytes.
///
/// # Panics
///
/// Where there is no `/proc/self/statm`.
pub(crate) fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells the resident set");
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("the second field is the resident set") * rustix::param::page_size()
}

/// The processor time of all child processes that have ended, and of theirs.
///
/// # Panics
///
/// Where there is no `/proc/self/stat`.
pub(crate) fn cpu_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells of the process");
    // The name of the program, in brackets, may have spaces in it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // What is the third field in the manual is the first here: 16 and 17, of children.
    let ticks: u64 = fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

/// How often the threads other than the first have gone to sleep, all together.
///
/// # Panics
///
/// Where there is no `/proc/self/task`.
pub(crate) fn sleeps() -> usize {
    let threads = fs::read_dir("/proc/self/task").expect("Linux lists the threads");
    let first = std::process::id().to_string();
    let others = threads.flatten().filter(|thread| *thread.file_name() != *first);
    // A thread that ends meanwhile has no file any more.
    others.filter_map(|thread| sleeps_of(&thread.path().join("status"))).sum()
}

fn sleeps_of(status: &Path) -> Option<usize> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
    line.trim().parse().ok()
}
