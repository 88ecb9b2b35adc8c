//! The scenarios of the conformance suite, and the recorded traces of them.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::otp::{
    scenario::{self, Scenario},
    trace::StepTrace,
};

/// Returns the path of `tests/otp`.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("otp")
}

/// Returns the paths of all scenario files, sorted.
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

/// The origin of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Erlang's, with the deviations that it can be made to apply.
    Erlang,
    /// OTP's as it is, of a scenario that names such deviations to show them.
    Otp,
    /// This library's own, of a scenario whose deviations Erlang cannot apply.
    Library,
}

/// Returns the path of the file with the recorded traces of a scenario file.
#[must_use]
pub fn trace_file(scenarios: &Path, kind: Kind) -> PathBuf {
    let root = directory();
    let relative = scenarios.strip_prefix(root.join("scenarios")).unwrap_or(scenarios);
    root.join("traces").join(relative).with_extension(match kind {
        Kind::Erlang => "jsonl",
        Kind::Otp => "otp.jsonl",
        Kind::Library => "library.jsonl",
    })
}

/// Returns the kinds of a scenario's recorded traces; this library has to match the first.
#[must_use]
pub fn kinds(file: &Path, scenario: &Scenario) -> &'static [Kind] {
    let shows_deviations = file.parent().is_some_and(|group| group.ends_with("deviations"));
    if scenario.has_own_trace() {
        &[Kind::Library, Kind::Erlang]
    } else if shows_deviations {
        &[Kind::Erlang, Kind::Otp]
    } else {
        &[Kind::Erlang]
    }
}

/// A scenario and its recorded traces: one for each of its [`kinds`], in that order.
#[derive(Debug)]
pub struct Kept {
    /// The scenario.
    pub scenario: Scenario,
    /// Its traces.
    pub traces: Vec<Vec<StepTrace>>,
}

/// Returns the scenarios of a file with their recorded traces.
///
/// # Errors
///
/// If a file cannot be read, a scenario has no trace, or a trace has no scenario.
pub fn kept(file: &Path) -> Result<Vec<Kept>, String> {
    let scenarios = scenario::read(file)?;
    let mut traces = BTreeMap::new();
    for kind in scenarios.iter().flat_map(|scenario| kinds(file, scenario)) {
        let file = trace_file(file, *kind);
        if !traces.contains_key(&file) {
            traces.insert(file.clone(), read_traces(&file)?);
        }
    }
    let mut kept = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        let of_kind = |kind: &Kind| {
            let file = trace_file(file, *kind);
            let trace = traces.get_mut(&file).and_then(|traces| traces.remove(&scenario.name));
            trace.ok_or_else(|| format!("{}: no trace of {}", file.display(), scenario.name))
        };
        let traces = kinds(file, &scenario).iter().map(of_kind).collect::<Result<_, _>>()?;
        kept.push(Kept { scenario, traces });
    }
    for (file, left) in traces {
        if let Some(name) = left.keys().next() {
            return Err(format!("{}: a trace of {name}, which is no more", file.display()));
        }
    }
    Ok(kept)
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

/// Returns a trace as both runners print it: one line of JSON a step.
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
