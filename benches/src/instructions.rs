//! Counts the instructions of jobs, by Valgrind.
//!
//! Time depends on the machine and on what else runs there. The number of instructions does not: it
//! is nearly the same each time, so it shows a small change that time hides. It says nothing about
//! memory, which can cost more than the instructions.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::arguments::{Options, Single};
use crate::figure::{Figure, number};
use crate::plan;
use crate::results::Entry;
use crate::rounds::progress;

/// Counts the instructions of all jobs that the options ask for.
pub(crate) fn count(options: &Options) -> io::Result<Vec<Entry>> {
    let program = std::env::current_exe()?;
    if let Some(folder) = &options.profiles {
        std::fs::create_dir_all(folder)?;
    }
    let mut entries = Vec::new();
    for single in plan::of_counted(options) {
        let Single { job, contender, n } = single;
        progress(&format!("instructions: {job} {contender} {n}"));
        let entry = Entry { job, who: contender, n, figures: Vec::new(), failure: None };
        match counted(&program, single, options.profiles.as_deref()) {
            Ok(Some(count)) => {
                let each = Figure::of(number(count) / number(n));
                entries.push(Entry { figures: vec![each], ..entry });
            }
            Ok(None) => (),
            Err(failure) => entries.push(Entry { failure: Some(failure), ..entry }),
        }
    }
    progress("");
    Ok(entries)
}

/// Returns the number of instructions of one job that runs in a process of its own, or the text of
/// its failure; `None` if the contender cannot do the job.
fn counted(
    program: &Path,
    single: Single,
    profiles: Option<&Path>,
) -> Result<Option<usize>, String> {
    let Single { job, contender, .. } = single;
    let profile = match profiles {
        Some(folder) => folder.join(format!("callgrind.{job}.{contender}")),
        None => "/dev/null".into(),
    };
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        // The function of `jobs/counted.rs` that runs what is to be counted.
        .arg("--toggle-collect=*counted::collected*")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .args(single.to_counted_arguments())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let own = |line: &&str| !line.starts_with("==") && !line.trim().is_empty();
        return Err(stderr.lines().rfind(own).unwrap_or("valgrind failed").to_owned());
    }
    if !serde_json::from_slice::<bool>(&output.stdout).map_err(|error| error.to_string())? {
        return Ok(None);
    }
    collected(&stderr).map(Some).ok_or_else(|| "valgrind has counted nothing".to_owned())
}

/// Parses Callgrind's summary: `==4711== Collected : 1234567`.
fn collected(printed: &str) -> Option<usize> {
    let line = printed.lines().find_map(|line| line.split_once("Collected :"));
    line.and_then(|(_, count)| count.trim().parse().ok()).filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_found() {
        let printed = "\
==4711== Callgrind, a call-graph generating cache profiler
==4711== Events    : Ir
==4711== Collected : 4210001
==4711==
";
        assert_eq!(collected(printed), Some(4_210_001));
    }

    #[test]
    fn nothing_is_not_a_count() {
        assert_eq!(collected("==4711== Collected : 0"), None);
        assert_eq!(collected("valgrind: not found"), None);
    }
}
