//! The run of a matrix: one case after the other.

use std::collections::BTreeSet;
use std::time::Duration;

use super::attempt::{Record, attempt};
use super::case::{Case, Fault, Moment};
use super::expected::does_not_apply;
use super::plan::Plan;
use super::report::{FailedCase, MatrixFailure, MatrixReport};
use super::story::Step;
use super::table::Table;
use super::tree::TreeUnderTest;
use super::watchdog::Watchdog;
use super::{Options, UnmetStatement};
use crate::spec::ChildPath;
use crate::sync::clock;

/// The number of runs of a case in which a descriptor or process has to be left, before the tree is
/// blamed for it: other threads of the program have descriptors and processes too.
const RUNS_TO_BLAME: usize = 3;

/// The result of a case.
pub(super) enum Verdict {
    Passed(Box<Record>),
    DoesNotApply(String),
    Failed(Box<FailedCase>),
}

impl<T: TreeUnderTest> Options<'_, T> {
    /// Runs all cases.
    pub(super) async fn run(mut self) -> Result<MatrixReport, MatrixFailure> {
        self.require_clock()?;
        let watchdog = Watchdog::new();
        let plan = match self.judge(&watchdog, None).await {
            Verdict::Passed(record) => record.plan,
            Verdict::Failed(failed) => {
                return Err(MatrixFailure { failed: vec![*failed], passed: 0, other: Vec::new() });
            }
            Verdict::DoesNotApply(reason) => return Err(MatrixFailure::other_only(reason)),
        };
        let Some(plan) = plan else {
            return Err(MatrixFailure::other_only("the tree was not seen"));
        };
        let mut report = MatrixReport {
            passed: Vec::new(),
            skipped: Vec::new(),
            slowest: Duration::ZERO,
            table: Table::default(),
        };
        let (mut failed, mut other) = (Vec::new(), self.unknown_children(&plan));
        for child in plan.all_below() {
            let path = ChildPath::parse(&child.path);
            if !self.children.is_empty() && !self.children.contains(&child.path) {
                continue;
            }
            let mut row = Vec::new();
            for fault in self.faults.clone() {
                for moment in self.moments.clone() {
                    let case = Case { path: path.clone(), fault, moment };
                    match self.judge(&watchdog, Some((&case, Some(&plan)))).await {
                        Verdict::Passed(record) => {
                            report.slowest = report.slowest.max(record.recovery);
                            if moment == Moment::Calm
                                && let Some(expected) = &record.expected
                            {
                                row.push((fault, expected.to_string()));
                            }
                            report.passed.push(case);
                        }
                        Verdict::DoesNotApply(reason) => report.skipped.push((case, reason)),
                        Verdict::Failed(case) => failed.push(*case),
                    }
                }
            }
            report.table.children.push((child.path.clone(), row));
        }
        if failed.is_empty() {
            other.extend(self.unmet_statements(&report.table));
            if let Some(file) = &self.table {
                other.extend(report.table.compare(file).err());
            }
        }
        if failed.is_empty() && other.is_empty() {
            return Ok(report);
        }
        Err(MatrixFailure { failed, passed: report.passed.len(), other })
    }

    /// Runs one case of the tree with this number of children.
    pub(super) async fn run_one(mut self, case: &Case) -> Result<Option<String>, MatrixFailure> {
        self.require_clock()?;
        match self.judge(&Watchdog::new(), Some((case, None))).await {
            Verdict::Passed(record) => {
                let text = record.expected.map(|expected| expected.to_string()).unwrap_or_default();
                let mut table = Table::default();
                table.children.push((case.path.as_str().to_owned(), vec![(case.fault, text)]));
                let unmet = match case.moment {
                    Moment::Calm => self.unmet_statements(&table),
                    Moment::WhileASiblingRestarts | Moment::WhileTheTreeStops => Vec::new(),
                };
                if unmet.is_empty() {
                    Ok(None)
                } else {
                    Err(MatrixFailure::other_only(unmet.join("\n")))
                }
            }
            Verdict::DoesNotApply(reason) => Ok(Some(reason)),
            Verdict::Failed(failed) => {
                Err(MatrixFailure { failed: vec![*failed], passed: 0, other: Vec::new() })
            }
        }
    }

    /// Returns the paths of all children, in start order.
    pub(super) async fn paths(mut self) -> Result<Vec<String>, MatrixFailure> {
        self.require_clock()?;
        match self.judge(&Watchdog::new(), None).await {
            Verdict::Passed(record) => {
                let plan = record.plan.as_ref();
                let all = plan.map(Plan::all_below).unwrap_or_default();
                Ok(all.into_iter().map(|child| child.path.clone()).collect())
            }
            Verdict::Failed(failed) => {
                Err(MatrixFailure { failed: vec![*failed], passed: 0, other: Vec::new() })
            }
            Verdict::DoesNotApply(reason) => Err(MatrixFailure::other_only(reason)),
        }
    }

    /// Runs a case, or the tree without a fault, and judges it. The plan of the tree, if it is
    /// known, spares the start of a tree to which the case does not apply.
    async fn judge(
        &mut self,
        watchdog: &Watchdog,
        case: Option<(&Case, Option<&Plan>)>,
    ) -> Verdict {
        if let Some((case, Some(plan))) = case
            && let Some(reason) = self.exemption(plan, case)
        {
            return Verdict::DoesNotApply(reason);
        }
        let what = case.map_or_else(|| "no fault".to_owned(), |(case, _)| case.to_string());
        for run in 1.. {
            let (mut record, step, limit) = (Record::default(), Step::default(), self.real_limit());
            let running = attempt(self, case.map(|(case, _)| case), step.clone(), &mut record);
            if watchdog.limit(what.clone(), step, limit, running).await.is_none() {
                record
                    .problems
                    .push(format!("the case had not ended after {limit:?} of real time"));
            }
            if record.problems.is_empty() {
                if let Some(reason) = record.exemption {
                    return Verdict::DoesNotApply(reason);
                }
                match run {
                    _ if record.suspicions.is_empty() => return Verdict::Passed(Box::new(record)),
                    RUNS_TO_BLAME => record.problems.append(&mut record.suspicions),
                    _ => continue,
                }
            }
            return Verdict::Failed(Box::new(FailedCase {
                case: case.map(|(case, _)| case.clone()),
                problems: record.problems,
                expected: record.expected.map(|e| e.to_string()).unwrap_or_default(),
                story: record.story.map(|story| story.to_string()).unwrap_or_default(),
                picture: record.picture,
            }));
        }
        unreachable!("a run without an end returns")
    }

    /// Returns the reason for which a case is not run.
    pub(super) fn exemption(&self, plan: &Plan, case: &Case) -> Option<String> {
        let is_exempt = |(path, fault, _): &&(String, Fault, String)| {
            case.path == path.as_str() && case.fault == *fault
        };
        let stated = self.exempt.iter().find(is_exempt).map(|(_, _, reason)| reason.clone());
        stated.or_else(|| does_not_apply(plan, case).map(str::to_owned))
    }

    /// Returns a sentence for each child that an option names and the tree does not have.
    fn unknown_children(&self, plan: &Plan) -> Vec<String> {
        let known: BTreeSet<&str> =
            plan.all_below().into_iter().map(|child| child.path.as_str()).collect();
        let exempt = self.exempt.iter().map(|(path, _, _)| path);
        let stated = self.stated.iter().map(|(path, _, _)| path);
        let named = self.children.iter().chain(exempt).chain(stated).chain(&self.unsteady);
        let unknown: BTreeSet<&String> =
            named.filter(|path| !known.contains(path.as_str())).collect();
        unknown.into_iter().map(|path| format!("the tree has no child `{path}`")).collect()
    }

    fn unmet_statements(&self, table: &Table) -> Vec<String> {
        let unmet = self.stated.iter().filter_map(|(path, fault, stated)| {
            let found = table.get(path, *fault)?;
            (found != stated).then(|| UnmetStatement { path, fault: *fault, stated, found })
        });
        unmet.map(|unmet| unmet.to_string()).collect()
    }

    /// Returns an error if the clock is not as the matrix needs it.
    fn require_clock(&self) -> Result<(), MatrixFailure> {
        use tokio::runtime::{Handle, RuntimeFlavor};
        let Ok(runtime) = Handle::try_current() else {
            return Err(MatrixFailure::other_only("it needs a tokio runtime"));
        };
        let is_single = runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
        if self.in_real_time || (is_single && clock::is_paused()) {
            return Ok(());
        }
        Err(MatrixFailure::other_only(
            "it needs a paused clock on one thread: write `#[tokio::test(start_paused = true)]`; a \
             tree that lives in real time, as one with a `Program` does, is run by `.in_real_time()`",
        ))
    }
}
