//! Shrinks a scenario that shows a difference to the smallest one that still shows it.

use crate::otp::scenario::{
    Action, Child, OnShutdown, Policy, Scenario, Start, Step, Strategy, Supervisor, Timed,
};

/// Makes a scenario smaller as long as `shows` returns `true`, which it does for the scenario
/// given.
///
/// Each smaller scenario is valid: both runners skip a step whose child or supervisor was taken
/// out.
pub fn shrink(scenario: Scenario, mut shows: impl FnMut(&Scenario) -> bool) -> Scenario {
    let mut smallest = scenario;
    'smaller: loop {
        for candidate in candidates(&smallest) {
            if shows(&candidate) {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return smallest;
    }
}

/// Returns smaller scenarios, the much smaller ones first.
fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let with_script = |script| Scenario { script, ..scenario.clone() };
    let with_tree = |tree| Scenario { tree, ..scenario.clone() };
    let scripts = shorter(&scenario.script).into_iter().map(with_script);
    let with_timeline = |timeline| Scenario { timeline, ..scenario.clone() };
    // A timeline without an action would be a script.
    let timelines = shorter(&scenario.timeline).into_iter().filter(|timeline| !timeline.is_empty());
    let timelines = timelines.chain(each(&scenario.timeline, simpler_timed)).map(with_timeline);
    let trees = supervisors(&scenario.tree).into_iter().map(with_tree);
    let steps = each(&scenario.script, simpler_steps).into_iter().map(with_script);
    scripts.chain(timelines).chain(trees).chain(steps).collect()
}

/// Returns the list without its second half, without its first half, and so on down to single
/// elements.
fn shorter<T: Clone>(list: &[T]) -> Vec<Vec<T>> {
    let mut lists = Vec::new();
    let mut chunk = list.len();
    while chunk > 0 {
        for start in (0..list.len()).step_by(chunk).rev() {
            let end = (start + chunk).min(list.len());
            lists.push([&list[..start], &list[end..]].concat());
        }
        chunk /= 2;
    }
    lists
}

/// Returns the lists in which one element is replaced by a simpler one.
fn each<T: Clone>(list: &[T], simpler: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let mut lists = Vec::new();
    for (index, element) in list.iter().enumerate() {
        for replacement in simpler(element) {
            let mut changed = list.to_vec();
            changed[index] = replacement;
            lists.push(changed);
        }
    }
    lists
}

fn simpler_timed(timed: &Timed) -> Vec<Timed> {
    let mut simpler = Vec::new();
    if timed.at > 0 {
        simpler.push(Timed { at: timed.at - 1, ..timed.clone() });
    }
    if let Action::Ask { from: Some(_), to, keep, within } = &timed.action {
        let (from, to, keep, within) = (None, to.clone(), *keep, *within);
        simpler.push(Timed { at: timed.at, action: Action::Ask { from, to, keep, within } });
    }
    simpler
}

fn simpler_steps(step: &Step) -> Vec<Step> {
    match step {
        Step::AtOnce { steps } => {
            let fewer = shorter(steps).into_iter().filter(|steps| !steps.is_empty());
            let simpler = fewer.chain(each(steps, simpler_steps));
            steps.iter().cloned().chain(simpler.map(|steps| Step::AtOnce { steps })).collect()
        }
        Step::AddChild { supervisor, spec } => children(spec)
            .into_iter()
            .map(|spec| Step::AddChild { supervisor: supervisor.clone(), spec: Box::new(spec) })
            .collect(),
        Step::AddWorker { supervisor, starts: Some(starts), on_shutdown } => {
            let with = |starts| Step::AddWorker {
                supervisor: supervisor.clone(),
                starts,
                on_shutdown: *on_shutdown,
            };
            fewer_starts(starts).into_iter().map(Some).chain([None]).map(with).collect()
        }
        _ => Vec::new(),
    }
}

fn supervisors(supervisor: &Supervisor) -> Vec<Supervisor> {
    let with_children = |children| Supervisor { children, ..supervisor.clone() };
    let mut simpler = Vec::new();
    if supervisor.strategy != Strategy::SimpleOneForOne {
        simpler.extend(shorter(&supervisor.children).into_iter().map(with_children));
        if supervisor.strategy != Strategy::OneForOne {
            simpler.push(Supervisor { strategy: Strategy::OneForOne, ..supervisor.clone() });
        }
    }
    simpler.extend(each(&supervisor.children, children).into_iter().map(with_children));
    if supervisor.max_restarts > 0 {
        let max_restarts = supervisor.max_restarts - 1;
        simpler.push(Supervisor { max_restarts, ..supervisor.clone() });
    }
    simpler
}

fn children(child: &Child) -> Vec<Child> {
    let mut simpler = Vec::new();
    if let Some(supervisor) = &child.supervisor {
        simpler.push(Child { supervisor: None, shutdown: None, ..child.clone() });
        let with = |supervisor| Child { supervisor: Some(supervisor), ..child.clone() };
        simpler.extend(supervisors(supervisor).into_iter().map(with));
    }
    if child.policy != Policy::Always && !child.significant {
        simpler.push(Child { policy: Policy::Always, ..child.clone() });
    }
    // A child that ignores its shutdown needs a short time or none: Erlang's clock is real.
    if child.on_shutdown != OnShutdown::Obeys {
        let on_shutdown = OnShutdown::Obeys;
        simpler.push(Child { on_shutdown, shutdown: None, ..child.clone() });
    } else if child.shutdown.is_some() {
        simpler.push(Child { shutdown: None, ..child.clone() });
    }
    for (start_takes, stop_takes) in [
        (0, child.stop_takes),
        (child.start_takes, 0),
        (child.start_takes / 2, child.stop_takes / 2),
    ] {
        if (start_takes, stop_takes) != (child.start_takes, child.stop_takes) {
            simpler.push(Child { start_takes, stop_takes, ..child.clone() });
        }
    }
    if child.start_asks.is_some() {
        simpler.push(Child { start_asks: None, ..child.clone() });
    }
    if child.stop_asks.is_some() {
        simpler.push(Child { stop_asks: None, ..child.clone() });
    }
    simpler.extend(
        fewer_starts(&child.starts).into_iter().map(|starts| Child { starts, ..child.clone() }),
    );
    simpler
}

fn fewer_starts(starts: &[Start]) -> Vec<Vec<Start>> {
    let mut simpler: Vec<_> = shorter(starts).into_iter().filter(|s| !s.is_empty()).collect();
    simpler.extend(each(starts, |start| match start {
        Start::Ok => Vec::new(),
        Start::Fail | Start::Decline | Start::Crash | Start::Finish => vec![Start::Ok],
    }));
    simpler
}

#[cfg(test)]
mod tests {
    use super::shrink;
    use crate::otp::{
        generate,
        scenario::{End, Step},
    };

    #[test]
    fn what_does_not_matter_is_taken_out() {
        let kill = |step: &Step| matches!(step, Step::End { how: End::Killed, .. });
        let shows = |scenario: &super::Scenario| scenario.script.iter().any(kill);
        let scenario = (0..100).map(generate::scenario).find(shows).expect("some seed kills");
        let smallest = shrink(scenario, shows);
        assert_eq!(smallest.script.len(), 1, "{smallest:?}");
        assert_eq!(smallest.tree.max_restarts, 0, "{smallest:?}");
    }
}
