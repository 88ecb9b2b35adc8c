//! The list of runs: those that the options ask for, and those that their targets refer to.

use crate::arguments::{Options, Single};
use crate::contenders::Who;
use crate::figure::number;
use crate::job::{Job, Target};

/// Lists all runs, in the order of the table.
pub(crate) fn of(options: &Options) -> Vec<Single> {
    let asked =
        options.jobs.iter().flat_map(|&job| options.only.iter().map(move |&who| (job, who)));
    let pairs = asked.filter(|(job, who)| job.is_for(*who)).collect();
    let pairs = with_references(pairs, Job::target);
    let single = |(job, contender): (Job, Who)| Single {
        job,
        contender,
        n: scaled(job.size(), options.scale),
    };
    pairs.into_iter().map(single).collect()
}

/// Adds the pairs that the targets of others refer to, and sorts all of them.
fn with_references(
    mut pairs: Vec<(Job, Who)>,
    target: impl Fn(Job, Who) -> Option<Target>,
) -> Vec<(Job, Who)> {
    let mut next = 0;
    while let Some(&(job, who)) = pairs.get(next) {
        if let Some(Target::Times(_, reference, in_job)) = target(job, who)
            && !pairs.contains(&(in_job, reference))
        {
            pairs.push((in_job, reference));
        }
        next += 1;
    }
    pairs.sort();
    pairs
}

/// Lists the counts of instructions, in the order of the table.
pub(crate) fn of_counted(options: &Options) -> Vec<Single> {
    let asked =
        options.jobs.iter().flat_map(|&job| options.only.iter().map(move |&who| (job, who)));
    let pairs = asked.filter(|(job, who)| job.is_counted_for(*who)).collect();
    let singles = with_references(pairs, Job::instructions_target).into_iter().filter_map(
        |(job, contender)| {
            let n = scaled(job.counted_size()?, options.scale);
            Some(Single { job, contender, n })
        },
    );
    singles.collect()
}

/// Lists the runs for the plots against the number of children: some jobs with few and with many.
pub(crate) fn of_sweep(options: &Options) -> Vec<Single> {
    let jobs = options.jobs.iter().filter(|job| SWEPT.contains(job));
    let pairs = jobs.flat_map(|&job| options.only.iter().map(move |&who| (job, who)));
    let pairs = pairs.filter(|(_, who)| {
        !matches!(who, Who::OursTyped | Who::OursMacro | Who::OursLast | Who::OursByUse)
    });
    let singles = pairs.flat_map(|(job, contender)| {
        let sizes = SIZES.into_iter().filter(move |&n| n <= largest(contender));
        sizes.map(move |n| Single { job, contender, n: scaled(n, options.scale) })
    });
    singles.collect()
}

/// The jobs whose cost depends on the number of children.
pub(crate) const SWEPT: [Job; 4] = [Job::Start, Job::Memory, Job::RestartAmong, Job::Stop];

const SIZES: [usize; 4] = [1000, 10_000, 100_000, 1_000_000];

/// Returns the largest number of children for a contender: with a million, some would take minutes.
fn largest(who: Who) -> usize {
    if who.is_ours() || matches!(who, Who::Floor | Who::Hand) { 1_000_000 } else { 100_000 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a scale is positive, and a size beyond all counting may as well be the largest"
)]
fn scaled(size: usize, scale: f64) -> usize {
    ((number(size) * scale) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(jobs: &[Job], only: &[Who]) -> Vec<(Job, Who)> {
        let options = Options { jobs: jobs.to_vec(), only: only.to_vec(), ..Options::default() };
        of(&options).into_iter().map(|single| (single.job, single.contender)).collect()
    }

    #[test]
    fn what_a_target_is_compared_with_is_measured_too() {
        let planned = pairs(&[Job::RestartPanic], &[Who::Ours]);
        assert_eq!(planned, [(Job::RestartPanic, Who::Hand), (Job::RestartPanic, Who::Ours)]);
    }

    #[test]
    fn so_is_what_that_is_compared_with() {
        let planned = pairs(&[Job::RestartAmong], &[Who::OursPool]);
        let expected = [
            (Job::Restart, Who::Floor),
            (Job::Restart, Who::OursPool),
            (Job::RestartAmong, Who::OursPool),
        ];
        assert_eq!(planned, expected);
    }

    #[test]
    fn what_instructions_are_compared_with_is_counted_too() {
        let options = Options {
            jobs: vec![Job::Start, Job::AskLogged],
            only: vec![Who::OursTyped, Who::Hand],
            ..Options::default()
        };
        let counted: Vec<_> = of_counted(&options)
            .into_iter()
            .map(|single| (single.job, single.contender, single.n))
            .collect();
        let expected = [
            (Job::Start, Who::Floor, 10_000),
            (Job::Start, Who::OursTyped, 10_000),
            (Job::Ask, Who::OursTyped, 10_000),
            (Job::AskLogged, Who::OursTyped, 10_000),
        ];
        assert_eq!(counted, expected);
    }

    #[test]
    fn the_sweep_spares_those_who_would_take_minutes() {
        let options = Options { jobs: vec![Job::Stop, Job::Ask], ..Options::default() };
        let singles = of_sweep(&options);
        assert!(singles.iter().all(|single| single.job == Job::Stop), "{singles:?}");
        let largest = |who| {
            singles.iter().filter(|single| single.contender == who).map(|single| single.n).max()
        };
        assert_eq!(largest(Who::Ours), Some(1_000_000));
        assert_eq!(largest(Who::Kameo), Some(100_000));
    }

    #[test]
    fn a_scale_leaves_at_least_one() {
        assert_eq!(scaled(100_000, 0.01), 1000);
        assert_eq!(scaled(100, 0.000_1), 1);
    }
}
