//! Where two traces of one scenario part.

use std::{collections::BTreeMap, fmt, ops::ControlFlow};

use crate::otp::{
    scenario::{Deviation, Scenario, Step, Strategy, Supervisor},
    trace::{Reply, StepTrace, View},
};

/// The first step after which two traces differ.
#[derive(Debug)]
pub struct Difference {
    /// The scenario, as JSON.
    scenario: String,
    /// What was done in the step, as JSON.
    done: String,
    /// What Erlang says of it; nothing if its tree had already ended.
    erlang: Option<StepTrace>,
    /// What this library says of it.
    library: Option<StepTrace>,
}

/// Compares this library's trace of a scenario with Erlang's.
///
/// Where the scenario names a deviation that Erlang cannot apply, the trace to compare with is
/// this library's own, as it is kept, and it is compared to the letter. Erlang's is compared but
/// for what `tests/otp/README.md` lists: see [`Deviation::Escalation`] and
/// [`Deviation::Concurrency`].
///
/// # Errors
///
/// The first difference.
pub fn compare(
    scenario: &Scenario,
    erlang: &[StepTrace],
    library: &[StepTrace],
) -> Result<(), Box<Difference>> {
    let (mut erlang_shows, mut library_shows) = (Shown::default(), Shown::default());
    for step in 0..erlang.len().max(library.len()) {
        let done = step.checked_sub(1).and_then(|index| scenario.script.get(index));
        let (mut expected, mut actual) = (erlang.get(step).cloned(), library.get(step).cloned());
        if let (Some(expected), Some(actual)) = (&mut expected, &mut actual) {
            if !scenario.has_own_trace() && forgive(scenario, done, expected, actual).is_break() {
                return Ok(());
            }
            erlang_shows.complete(expected);
            library_shows.complete(actual);
        }
        if expected != actual {
            return Err(Box::new(Difference {
                scenario: to_json(scenario),
                done: done.map_or_else(|| "the start".into(), to_json),
                erlang: erlang.get(step).cloned(),
                library: library.get(step).cloned(),
            }));
        }
    }
    Ok(())
}

/// Makes two lines alike where they differ on purpose. The comparison ends where it has no basis
/// any more.
fn forgive(
    scenario: &Scenario,
    done: Option<&Step>,
    erlang: &mut StepTrace,
    library: &mut StepTrace,
) -> ControlFlow<()> {
    if !scenario.deviations.contains(&Deviation::Escalation) {
        call_escalation_shutdown(library);
    }
    hear_later(&erlang.reply, &mut library.reply);
    if let Some(supervisor) = done.and_then(|step| concurrent_below(scenario, step)) {
        // OTP has started one child after the other before it gives up; here their starts are
        // still on their way.
        if ends(&supervisor, erlang) {
            return ControlFlow::Break(());
        }
        order_by_child(&supervisor, erlang);
        order_by_child(&supervisor, library);
    }
    ControlFlow::Continue(())
}

/// What a trace shows of workers and supervisors so far. Its lines tell only changes.
#[derive(Default)]
struct Shown {
    running: Vec<String>,
    supervisors: BTreeMap<String, View>,
}

impl Shown {
    /// Makes a line tell everything.
    fn complete(&mut self, trace: &mut StepTrace) {
        if let Some(running) = &trace.running {
            self.running.clone_from(running);
        }
        self.supervisors.extend(std::mem::take(&mut trace.supervisors));
        trace.running = Some(self.running.clone());
        trace.supervisors.clone_from(&self.supervisors);
    }
}

/// The supervisor under which several things happen at once in a step, if its children do not
/// wait for each other.
fn concurrent_below(scenario: &Scenario, step: &Step) -> Option<String> {
    let Step::AtOnce { .. } = step else { return None };
    let waits_for_nobody = |supervisor: &Supervisor| {
        matches!(supervisor.strategy, Strategy::OneForOne | Strategy::SimpleOneForOne)
    };
    let path = step.supervisor();
    scenario.supervisors_at(path).any(waits_for_nobody).then(|| path.to_owned())
}

/// Whether a supervisor ended in a step.
fn ends(supervisor: &str, trace: &StepTrace) -> bool {
    let shown = if supervisor.is_empty() { "/" } else { supervisor };
    let stopped = format!("stop {supervisor}@");
    trace.events.iter().any(|event| event.starts_with(&stopped))
        || matches!(trace.supervisors.get(shown), Some(View::Ended { .. }))
}

/// Takes what is said of a child that has ended for what is said before that is noticed.
fn hear_later(expected: &Reply, actual: &mut Reply) {
    let (Reply::Each(expected), Reply::Each(actual)) = (expected, actual) else { return };
    for pair in expected.iter().zip(actual) {
        if let (Reply::Error(expected), Reply::Error(actual)) = pair
            && matches!(
                (expected.as_str(), actual.as_str()),
                ("running", "restarting") | ("already_started", "already_present")
            )
        {
            actual.clone_from(expected);
        }
    }
}

/// Puts what happened to each child of a supervisor together.
fn order_by_child(supervisor: &str, trace: &mut StepTrace) {
    let child = |event: &String| {
        let (_, path) = event.split_once(' ')?;
        let below = match supervisor {
            "" => path,
            above => path.strip_prefix(above)?.strip_prefix('/')?,
        };
        below.split(['/', '@']).next().map(ToOwned::to_owned)
    };
    trace.events.sort_by_key(child);
}

fn call_escalation_shutdown(trace: &mut StepTrace) {
    for event in &mut trace.events {
        if let Some(stop) = event.strip_suffix(" escalated") {
            *event = format!("{stop} shutdown");
        }
    }
    for view in trace.supervisors.values_mut() {
        if let View::Ended { ended } = view
            && ended == "escalated"
        {
            *ended = "shutdown".into();
        }
    }
}

fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |trace: &Option<StepTrace>| {
            trace.as_ref().map_or_else(|| "the tree had ended".into(), to_json)
        };
        writeln!(f, "scenario: {}", self.scenario)?;
        writeln!(f, "step:     {}", self.done)?;
        writeln!(f, "Erlang:   {}", line(&self.erlang))?;
        write!(f, "library:  {}", line(&self.library))
    }
}
