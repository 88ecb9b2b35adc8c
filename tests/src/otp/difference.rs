//! The comparison of two traces of one scenario.

mod timeline;

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
    /// The step, as JSON.
    done: String,
    /// Erlang's trace of the step; `None` if Erlang's tree had already ended.
    erlang: Option<StepTrace>,
    /// This library's trace of the step; `None` if its tree had already ended.
    library: Option<StepTrace>,
}

/// Compares this library's trace of a scenario with Erlang's.
///
/// If the scenario names a deviation that Erlang cannot apply, the trace to compare with is this
/// library's own, as recorded, and it is compared to the letter. Erlang's trace is compared but
/// for the deviations that `tests/otp/README.md` lists: see [`Deviation::Escalation`] and
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
            if let Some(cut) = expected.cut {
                // From here on there is a difference on purpose.
                *expected = timeline::before(cut, expected);
                *actual = timeline::before(cut, actual);
            }
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

/// Sorts by path the kills below a supervisor that is killed. Erlang does not define their order: the
/// emulator kills in the order in which it keeps its links, which depends on the identifiers of the
/// processes, and so on the number of processors.
pub fn sort_unordered(scenario: &Scenario, trace: &mut [StepTrace]) {
    for step in trace {
        timeline::sort_kills(scenario, step);
    }
}

/// Makes two lines equal in the points in which they differ on purpose. Breaks if the rest of the
/// traces cannot be compared.
fn forgive(
    scenario: &Scenario,
    done: Option<&Step>,
    erlang: &mut StepTrace,
    library: &mut StepTrace,
) -> ControlFlow<()> {
    timeline::forgive_kills(scenario, erlang, library);
    if !scenario.deviations.contains(&Deviation::Escalation) {
        call_escalation_shutdown(library);
    }
    timeline::forgive(&erlang.timeline, &mut library.timeline);
    forgive_later_notice(&erlang.reply, &mut library.reply);
    if let Some(supervisor) = done.and_then(|step| concurrent_below(scenario, step)) {
        // OTP has started one child after the other before the supervisor gives up; in this
        // library their starts have not completed by then.
        if ends(&supervisor, erlang) {
            return ControlFlow::Break(());
        }
        order_by_child(&supervisor, erlang);
        order_by_child(&supervisor, library);
    }
    ControlFlow::Continue(())
}

/// The workers and supervisors of a trace so far: its lines have only the changes.
#[derive(Default)]
struct Shown {
    running: Vec<String>,
    supervisors: BTreeMap<String, View>,
}

impl Shown {
    /// Adds to a line all that has not changed in it.
    fn complete(&mut self, trace: &mut StepTrace) {
        if let Some(running) = &trace.running {
            self.running.clone_from(running);
        }
        self.supervisors.extend(std::mem::take(&mut trace.supervisors));
        trace.running = Some(self.running.clone());
        trace.supervisors.clone_from(&self.supervisors);
    }
}

/// Returns the path of the supervisor whose children are concerned by the parts of an `AtOnce`, if
/// its children do not wait for each other.
fn concurrent_below(scenario: &Scenario, step: &Step) -> Option<String> {
    let Step::AtOnce { .. } = step else { return None };
    let is_concurrent = |supervisor: &Supervisor| {
        matches!(supervisor.strategy, Strategy::OneForOne | Strategy::SimpleOneForOne)
    };
    let path = step.supervisor();
    scenario.supervisors_at(path).any(is_concurrent).then(|| path.to_owned())
}

/// Returns `true` if a supervisor ended in a step.
fn ends(supervisor: &str, trace: &StepTrace) -> bool {
    let shown = if supervisor.is_empty() { "/" } else { supervisor };
    let stopped = format!("stop {supervisor}@");
    trace.events.iter().any(|event| event.starts_with(&stopped))
        || matches!(trace.supervisors.get(shown), Some(View::Ended { .. }))
}

/// Accepts a reply about a child that has ended in place of the reply of a supervisor that has not
/// noticed the end yet.
fn forgive_later_notice(expected: &Reply, actual: &mut Reply) {
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

/// Sorts the events of a line by the child of the supervisor that they concern.
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
    for event in trace.events.iter_mut().chain(&mut trace.timeline) {
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
