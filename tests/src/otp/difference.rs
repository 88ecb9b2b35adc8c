//! Where two traces of one scenario part.

use std::fmt;

use crate::otp::{
    scenario::{Deviation, Scenario},
    trace::{StepTrace, View},
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
/// # Errors
///
/// The first difference, but for one that is deliberate: where a scenario does not name
/// [`Deviation::Escalation`], OTP calls the end of a supervisor that gave up `shutdown`.
pub fn compare(
    scenario: &Scenario,
    erlang: &[StepTrace],
    library: &[StepTrace],
) -> Result<(), Box<Difference>> {
    let otp_calls_it_shutdown = !scenario.deviations.contains(&Deviation::Escalation);
    for step in 0..erlang.len().max(library.len()) {
        let expected = erlang.get(step);
        let mut actual = library.get(step).cloned();
        if let (true, Some(actual)) = (otp_calls_it_shutdown, &mut actual) {
            call_escalation_shutdown(actual);
        }
        if expected != actual.as_ref() {
            return Err(Box::new(Difference {
                scenario: to_json(scenario),
                done: step
                    .checked_sub(1)
                    .and_then(|index| scenario.script.get(index))
                    .map_or_else(|| "the start".into(), to_json),
                erlang: expected.cloned(),
                library: actual,
            }));
        }
    }
    Ok(())
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
