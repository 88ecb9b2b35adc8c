//! Runs all jobs in rounds, each in a process of its own.
//!
//! The contenders of one job take turns, and so do the jobs of a round, so that other work of the
//! machine disturbs all of them alike.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::arguments::{Options, Single};
use crate::figure::Figure;
use crate::plan;
use crate::results::{Entry, Results};

pub(crate) fn run(options: &Options) -> io::Result<Results> {
    let program = std::env::current_exe()?;
    let entries = measure(&program, &plan::of(options), options.rounds);
    let sweep = match options.plots {
        // Three rounds at most: a plot does not show the last digit.
        Some(_) => measure(&program, &plan::of_sweep(options), options.rounds.min(3)),
        None => Vec::new(),
    };
    progress("");
    Ok(Results {
        machine: machine(),
        rounds: options.rounds,
        entries,
        sweep,
        instructions: Vec::new(),
    })
}

fn measure(program: &Path, plan: &[Single], rounds: usize) -> Vec<Entry> {
    let entry = |single: &Single| {
        let Single { job, contender, n } = *single;
        Entry { job, who: contender, n, figures: Vec::new(), failure: None }
    };
    let mut entries: Vec<(Entry, bool)> = plan.iter().map(|single| (entry(single), true)).collect();
    for round in 1..=rounds {
        for (single, (entry, takes_part)) in plan.iter().zip(&mut entries) {
            if !*takes_part || round > single.job.rounds(rounds) {
                continue;
            }
            let Single { job, contender, n } = single;
            progress(&format!("round {round}/{rounds}: {job} {contender} {n}"));
            match measured(program, *single) {
                Ok(Some(figure)) => entry.figures.push(figure),
                // The contender cannot do this job in any round.
                Ok(None) => *takes_part = false,
                Err(failure) => {
                    *takes_part = false;
                    entry.failure = Some(failure);
                }
            }
        }
    }
    let measured = |entry: &Entry| !entry.figures.is_empty() || entry.failure.is_some();
    entries.into_iter().map(|(entry, _)| entry).filter(measured).collect()
}

/// Prints the progress, if the program runs in a terminal.
pub(crate) fn progress(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}

/// Returns the figure of one job that runs in a process of its own, or the text of its failure.
fn measured(program: &Path, single: Single) -> Result<Option<Figure>, String> {
    let process = Command::new(program)
        .args(single.to_arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut process = process.map_err(|error| error.to_string())?;
    let ended = wait(&mut process, single.job.limit()).map_err(|error| error.to_string())?;
    if !ended {
        return Err(format!("not done after {} s", single.job.limit().as_secs()));
    }
    let output = process.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let last = stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let message = last.strip_prefix("error: ").unwrap_or(last);
        let is_silent = message.is_empty();
        return Err(if is_silent { output.status.to_string() } else { message.to_owned() });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// Waits for a process, and returns `true` if it has ended by itself within the limit. A job's
/// output fits into a pipe, so the process never waits for a reader.
fn wait(process: &mut Child, limit: Duration) -> io::Result<bool> {
    let since = Instant::now();
    while process.try_wait()?.is_none() {
        if since.elapsed() > limit {
            process.kill()?;
            process.wait()?;
            return Ok(false);
        }
        sleep(Duration::from_millis(5));
    }
    Ok(true)
}

/// Describes the machine, on which the figures depend.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    format!("{model}, {cores} cores, {}", std::env::consts::OS)
}
