//! The points in which two timelines differ on purpose.

use std::collections::{BTreeMap, BTreeSet};

use crate::otp::{
    scenario::{Action, Scenario},
    trace::{Reply, StepTrace, View},
};

/// Makes two timelines equal in what is seen of supervisors that are killed.
pub(super) fn forgive_kills(scenario: &Scenario, erlang: &mut StepTrace, library: &mut StepTrace) {
    forgive_outcome_of_killed(scenario, erlang, library);
    sort_kills(scenario, erlang);
    sort_kills(scenario, library);
}

/// Sorts by path all that a timeline kills together with its supervisor.
pub(super) fn sort_kills(scenario: &Scenario, trace: &mut StepTrace) {
    for (tick, killed) in killed_supervisors(scenario) {
        sort_kills_below(tick, &killed, trace);
    }
}

/// Makes two timelines equal in all other points in which they differ on purpose.
pub(super) fn forgive(erlang: &[String], library: &mut Vec<String>) {
    for expected in erlang {
        let Some((line, outcome)) = expected.rsplit_once(' ') else { continue };
        let is_alike = |actual: &&mut String| match outcome {
            // Both happen at one tick: the end of the wait, and a look at whether it can ever end.
            "timeout" => is_in_clean_up(line) && **actual == format!("{line} no_reply"),
            // Nobody answers in OTP when the supervisor ends.
            "shutting_down" => line.strip_suffix(" error").is_some_and(|command| {
                command.starts_with('#') && actual.starts_with(&format!("{command} "))
            }),
            // The end of a child is noticed earlier in this library.
            "running" => line.starts_with('#') && **actual == format!("{line} restarting"),
            _ => false,
        };
        if !library.contains(expected)
            && let Some(actual) = library.iter_mut().find(is_alike)
        {
            actual.clone_from(expected);
        }
    }
    forgive_order(erlang, library);
}

/// Returns `true` if a line is about what a life asks in its clean-up: `3 a@1.stop`.
fn is_in_clean_up(line: &str) -> bool {
    line.rsplit_once('.').is_some_and(|(_, of)| of == "stop")
}

/// Returns the supervisors that a timeline kills, with the ticks at which it does.
fn killed_supervisors(scenario: &Scenario) -> Vec<(u32, String)> {
    let killed = scenario.timeline.iter().filter_map(|timed| match &timed.action {
        Action::Kill { child } if scenario.tree.at(child).is_some() => {
            Some((timed.at, child.clone()))
        }
        _ => None,
    });
    killed.collect()
}

/// Sorts, at the tick at which a supervisor is killed, the kills of it and of all below it by path, so
/// that a supervisor comes after its children: they are killed at once, in no particular order.
fn sort_kills_below(tick: u32, supervisor: &str, trace: &mut StepTrace) {
    let stop = format!("{tick} stop {supervisor}");
    let is_killed_with_it = |line: &String| {
        let rest = line.strip_prefix(&stop);
        rest.is_some_and(|rest| rest.starts_with(['/', '@']) && rest.ends_with(" killed"))
    };
    for run in trace.timeline.chunk_by_mut(|a, b| is_killed_with_it(a) && is_killed_with_it(b)) {
        if run.len() > 1 {
            run.sort();
        }
    }
}

/// Returns what the line of a timeline shows before a tick.
pub(super) fn before(cut: u32, trace: &StepTrace) -> StepTrace {
    let is_before = |line: &&String| {
        line.split_once(' ').and_then(|(at, _)| at.parse().ok()).is_some_and(|at: u32| at < cut)
    };
    StepTrace {
        scenario: trace.scenario.clone(),
        step: trace.step,
        reply: Reply::Skipped("cut".into()),
        timeline: trace.timeline.iter().filter(is_before).cloned().collect(),
        cut: None,
        events: Vec::new(),
        running: None,
        supervisors: BTreeMap::new(),
    }
}

/// Accepts another order at one tick between children that have nothing to do with each other:
/// neither are they siblings nor is one below the other. Their supervisors act at the same time.
fn forgive_order(erlang: &[String], library: &mut Vec<String>) {
    let mut sorted = (erlang.to_vec(), library.clone());
    sorted.0.sort();
    sorted.1.sort();
    if sorted.0 == sorted.1 && in_order(library) == in_order(erlang) {
        *library = erlang.to_vec();
    }
}

/// Returns the pairs of lines whose order matters.
fn in_order(lines: &[String]) -> BTreeSet<(&str, &str)> {
    let mut pairs = BTreeSet::new();
    for (index, first) in lines.iter().enumerate() {
        for second in &lines[index + 1..] {
            if are_related(first, second) {
                pairs.insert((first.as_str(), second.as_str()));
            }
        }
    }
    pairs
}

fn are_related(first: &str, second: &str) -> bool {
    let split = |line: &str| {
        let (tick, event) = line.split_once(' ')?;
        let (_, life) = event.split_once(' ')?;
        Some((tick.to_owned(), life.split('@').next()?.to_owned()))
    };
    let (Some((tick, path)), Some((other_tick, other))) = (split(first), split(second)) else {
        return false;
    };
    let parent = |path: &str| path.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    // A supervisor that has come up acts while its parent records that.
    let is_below = |line: &str, above: &str, path: &str| {
        let is_start = line.split(' ').nth(1) == Some("start");
        !is_start && path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
    };
    tick != other_tick
        || path == other
        || parent(&path) == parent(&other)
        || is_below(first, &path, &other)
        || is_below(second, &other, &path)
}

/// Accepts the reason for which a supervisor had begun to stop, where it is killed in the middle of
/// its stop.
fn forgive_outcome_of_killed(scenario: &Scenario, erlang: &StepTrace, library: &mut StepTrace) {
    for expected in &erlang.timeline {
        let path = expected.split_once(" stop ").and_then(|(_, life)| life.rsplit_once('@'));
        let is_supervisor = path.is_some_and(|(path, _)| scenario.tree.at(path).is_some());
        if let Some(stop) = expected.strip_suffix(" killed").filter(|_| is_supervisor) {
            let begun = [format!("{stop} escalated"), format!("{stop} failed")];
            if let Some(actual) = library.timeline.iter_mut().find(|line| begun.contains(line)) {
                actual.clone_from(expected);
            }
        }
    }
    for (path, expected) in &erlang.supervisors {
        if let View::Ended { ended } = expected
            && ended == "killed"
            && let Some(actual @ View::Ended { .. }) = library.supervisors.get_mut(path)
        {
            actual.clone_from(expected);
        }
    }
}
