//! Compares the results with the targets.

use crate::contenders::Who;
use crate::job::{Job, Target};
use crate::results::{Entry, Results};

/// The comparison of one figure with its target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) job: Job,
    pub(crate) who: Who,
    pub(crate) target: Target,
    /// The figure, or the ratio if the target is a ratio; `None` if a figure is missing.
    pub(crate) reached: Option<f64>,
}

impl Verdict {
    /// Returns `true` if the target is met. A target without a figure is not met.
    pub(crate) fn is_met(&self) -> bool {
        let (Target::AtMost(limit) | Target::Times(limit, ..)) = self.target;
        self.reached.is_some_and(|reached| reached <= limit)
    }
}

/// Returns the verdicts on all results.
pub(crate) fn all(results: &Results) -> Vec<Verdict> {
    all_figures(results).chain(all_instructions(results)).collect()
}

/// Returns the verdicts on all figures that were measured.
pub(crate) fn all_figures(results: &Results) -> impl Iterator<Item = Verdict> {
    results.entries.iter().filter_map(|entry| of(results, entry.job, entry.who))
}

/// Returns the verdicts on all numbers of instructions.
pub(crate) fn all_instructions(results: &Results) -> impl Iterator<Item = Verdict> {
    let entries = results.instructions.iter();
    entries.filter_map(|entry| of_instructions(results, entry.job, entry.who))
}

/// Returns the verdict on the instructions of one job of one contender, if they have a target.
pub(crate) fn of_instructions(results: &Results, job: Job, who: Who) -> Option<Verdict> {
    let target = job.instructions_target(who)?;
    Some(verdict(job, who, target, |job, who| results.instructions(job, who)))
}

/// Returns the verdict on one job of one contender, if it has a target.
pub(crate) fn of(results: &Results, job: Job, who: Who) -> Option<Verdict> {
    let target = job.target(who)?;
    results.entry(job, who)?;
    let value = |job, who| results.entry(job, who).and_then(Entry::value);
    Some(verdict(job, who, target, value))
}

/// Compares one value, or its ratio to another one, with a target.
fn verdict(job: Job, who: Who, target: Target, value: impl Fn(Job, Who) -> Option<f64>) -> Verdict {
    let reached = match target {
        Target::AtMost(_) => value(job, who),
        Target::Times(_, reference, in_job) => value(job, who)
            .zip(value(in_job, reference))
            .map(|(value, reference)| value / reference),
    };
    Verdict { job, who, target, reached }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;

    fn results(figures: &[(Job, Who, f64)]) -> Results {
        let entry = |&(job, who, value): &(Job, Who, f64)| Entry {
            job,
            who,
            n: 1,
            figures: vec![Figure::of(value)],
            failure: None,
        };
        let entries = figures.iter().map(entry).collect();
        Results { rounds: 1, entries, ..Results::default() }
    }

    #[test]
    fn a_ratio_is_to_its_reference() {
        let results = results(&[(Job::Start, Who::Floor, 100.0), (Job::Start, Who::Ours, 140.0)]);
        let verdict = of(&results, Job::Start, Who::Ours).unwrap();
        assert_eq!(verdict.reached, Some(1.4));
        assert!(verdict.is_met());
    }

    #[test]
    fn the_reference_can_be_another_job() {
        let results = results(&[
            (Job::Restart, Who::OursPool, 100.0),
            (Job::RestartAmong, Who::OursPool, 130.0),
        ]);
        let verdict = of(&results, Job::RestartAmong, Who::OursPool).unwrap();
        assert_eq!(verdict.reached, Some(1.3));
        assert!(!verdict.is_met());
    }

    #[test]
    fn without_its_reference_a_target_is_not_met() {
        let results = results(&[(Job::Start, Who::Ours, 1.0)]);
        assert!(!of(&results, Job::Start, Who::Ours).unwrap().is_met());
    }

    #[test]
    fn an_amount_is_its_own_measure() {
        let results = results(&[(Job::Memory, Who::Ours, 700.0)]);
        assert!(of(&results, Job::Memory, Who::Ours).unwrap().is_met());
    }

    #[test]
    fn only_ours_has_targets() {
        let results = results(&[(Job::Start, Who::Floor, 1.0)]);
        assert_eq!(all(&results), []);
    }
}
