//! Random scenarios: trees to depth 3 with up to 12 children, scripts of up to 30 steps.
//!
//! The scenario of a seed is within this library's rules (`rules`), takes no longer than a few
//! short time-outs on a real clock, and has one outcome: no two supervisors ever act at the same
//! time.

mod script;
mod timeline;
mod tree;

use fastrand::Rng;

use crate::otp::scenario::{
    AutoShutdown, Child, Deviation, Policy, Scenario, Start, Step, Strategy,
};

/// Returns the scenario of a seed.
#[must_use]
pub fn scenario(seed: u64) -> Scenario {
    let mut random = Random(Rng::with_seed(seed));
    let (tree, timeline, script);
    if seed.is_multiple_of(2) {
        (tree, timeline) = timeline::Generator::new(&mut random).generate();
        script = Vec::new();
    } else {
        tree = tree::Generator::new(&mut random).root();
        timeline = Vec::new();
        script = script::Generator::new(&mut random, &tree).script();
    }
    let name = format!("seed-{seed}");
    let mut scenario =
        Scenario { name, about: None, deviations: Vec::new(), tree, timeline, script };
    scenario.deviations = deviations(&scenario);
    scenario
}

/// The source of random choices.
struct Random(Rng);

impl Random {
    /// Returns `true` with this probability, in percent.
    fn percent(&mut self, percent: u32) -> bool {
        self.0.u32(0..100) < percent
    }

    fn weighted<T: Copy>(&mut self, choices: &[(u32, T)]) -> T {
        let mut point = self.0.u32(0..choices.iter().map(|(weight, _)| weight).sum());
        for &(weight, choice) in choices {
            match point.checked_sub(weight) {
                Some(rest) => point = rest,
                None => return choice,
            }
        }
        unreachable!("a point below the sum of the weights")
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| &list[self.0.usize(..list.len())])
    }

    fn within(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        self.0.usize(range)
    }
}

/// Returns the deviations that a scenario may meet. A deviation is named only if it can matter, so
/// that most scenarios run on OTP's unchanged `supervisor`.
fn deviations(scenario: &Scenario) -> Vec<Deviation> {
    let children = || scenario.supervisors().flat_map(|supervisor| &supervisor.children);
    let is_transient_supervisor =
        |child: &Child| child.policy == Policy::Transient && child.supervisor.is_some();
    let escalation = children().chain(scenario.added()).any(is_transient_supervisor);

    let templates = scenario
        .supervisors()
        .filter(|supervisor| supervisor.strategy == Strategy::SimpleOneForOne)
        .flat_map(|pool| &pool.children)
        .map(|template| &template.starts);
    let of_workers = scenario.steps().filter_map(|step| match step {
        Step::AddWorker { starts, .. } => starts.as_ref(),
        _ => None,
    });
    let declined_restart = templates.chain(of_workers).any(|starts| declines_restart(starts));

    // In a script, only a child that ends as soon as it has started can come between two attempts.
    let ends_at_once =
        |child: &Child| child.starts.iter().any(|s| matches!(s, Start::Crash | Start::Finish));
    let overtaken_retry =
        !scenario.timeline.is_empty() || children().chain(scenario.added()).any(ends_at_once);
    let waiting_sibling = scenario.supervisors().any(|supervisor| {
        supervisor.auto_shutdown == AutoShutdown::AllSignificant
            && matches!(supervisor.strategy, Strategy::OneForAll | Strategy::RestForOne)
    });

    let met = [
        (escalation, Deviation::Escalation),
        (declined_restart, Deviation::DeclinedRestart),
        (overtaken_retry, Deviation::OvertakenRetry),
        (waiting_sibling, Deviation::WaitingSibling),
    ];
    met.into_iter().filter(|(met, _)| *met).map(|(_, deviation)| deviation).collect()
}

fn declines_restart(starts: &[Start]) -> bool {
    starts.iter().skip(1).any(|start| *start == Start::Decline)
}

#[cfg(test)]
mod tests {
    use super::scenario;
    use crate::otp::rules;

    #[test]
    fn every_seed_gives_a_scenario_within_the_rules() {
        for seed in 0..2_000 {
            let scenario = scenario(seed);
            assert_eq!(scenario.check(), Ok(()), "seed {seed}");
            assert_eq!(rules::check(&scenario), Ok(()), "seed {seed}");
        }
    }

    #[test]
    fn a_seed_always_gives_the_same_scenario() {
        assert_eq!(scenario(7), scenario(7));
    }
}
