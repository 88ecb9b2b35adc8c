//! The scenarios that are kept, and Erlang's traces of them.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::otp::{
    scenario::{self, Scenario},
    trace::StepTrace,
};

/// `tests/otp`.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("otp")
}

/// All scenario files, sorted.
///
/// # Errors
///
/// If a directory cannot be read.
pub fn files() -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for group in fs::read_dir(directory().join("scenarios"))? {
        for file in fs::read_dir(group?.path())? {
            files.push(file?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

/// Where Erlang's trace of a scenario file is kept.
#[must_use]
pub fn trace_file(scenarios: &Path) -> PathBuf {
    let root = directory();
    let relative = scenarios.strip_prefix(root.join("scenarios")).unwrap_or(scenarios);
    root.join("traces").join(relative).with_extension("jsonl")
}

/// Whether a scenario file shows deviations: what OTP does without them is kept too.
#[must_use]
pub fn is_deviation(scenarios: &Path) -> bool {
    scenarios.parent().is_some_and(|group| group.ends_with("deviations"))
}

/// Where OTP's own trace of a scenario file that shows deviations is kept.
#[must_use]
pub fn otp_trace_file(scenarios: &Path) -> PathBuf {
    trace_file(scenarios).with_extension("otp.jsonl")
}

/// The scenarios of a file, each with the trace that Erlang made of it.
///
/// # Errors
///
/// If one of the two files cannot be read, or holds a scenario that the other does not.
pub fn expected(file: &Path) -> Result<Vec<(Scenario, Vec<StepTrace>)>, String> {
    let scenarios = scenario::read(file)?;
    let mut traces = read_traces(&trace_file(file))?;
    let mut expected = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        let trace = traces
            .remove(&scenario.name)
            .ok_or_else(|| format!("{}: no trace of {}", file.display(), scenario.name))?;
        expected.push((scenario, trace));
    }
    match traces.keys().next() {
        None => Ok(expected),
        Some(name) => Err(format!("{}: a trace of {name}, which is no more", file.display())),
    }
}

fn read_traces(file: &Path) -> Result<BTreeMap<String, Vec<StepTrace>>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut traces: BTreeMap<String, Vec<StepTrace>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let step: StepTrace = serde_json::from_str(line)
            .map_err(|error| format!("{}:{}: {error}", file.display(), number + 1))?;
        traces.entry(step.scenario.clone()).or_default().push(step);
    }
    Ok(traces)
}

/// One line of JSON a step, as both runners print it.
///
/// # Errors
///
/// Never, for traces that came from a runner.
pub fn to_lines(trace: &[StepTrace]) -> serde_json::Result<String> {
    let mut lines = String::new();
    for step in trace {
        lines.push_str(&serde_json::to_string(step)?);
        lines.push('\n');
    }
    Ok(lines)
}
