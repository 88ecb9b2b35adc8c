//! The result of a matrix: the cases that passed, or the stories of those that failed.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::case::{Case, Fault};
use super::table::Table;

/// Report of a [`fault_matrix`](fn@crate::testing::fault_matrix) whose cases have all passed.
///
/// `Display` prints the table of consequences and the counts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MatrixReport {
    /// The cases that were run, and have passed.
    pub passed: Vec<Case>,
    /// The cases that do not apply, each with the reason.
    pub skipped: Vec<(Case, String)>,
    /// The longest time from a fault to the recovery, on tokio's clock.
    pub slowest: Duration,
    pub(super) table: Table,
}

impl MatrixReport {
    /// Returns the table of what follows from each fault in a calm tree.
    ///
    /// It is the text that [`FaultMatrix::matches`](super::FaultMatrix::matches) compares.
    #[must_use]
    pub fn table(&self) -> String {
        self.table.text()
    }

    /// Returns what follows from this fault of a child in a calm tree, in the words of the table;
    /// `None` if the case was not run.
    #[must_use]
    pub fn consequence(&self, path: impl AsRef<str>, fault: Fault) -> Option<&str> {
        self.table.get(path.as_ref(), fault)
    }
}

impl fmt::Display for MatrixReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, skipped, slowest, table } = self;
        write!(f, "{}\n{} cases passed, ", table.text(), passed.len())?;
        write!(f, "{} do not apply; slowest recovery: {slowest:?}", skipped.len())?;
        let mut reasons: Vec<(&str, usize)> = Vec::new();
        for (_, reason) in skipped {
            match reasons.iter_mut().find(|(other, _)| other == reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((reason, 1)),
            }
        }
        reasons.iter().try_for_each(|(reason, count)| write!(f, "\n  {count} times: {reason}"))
    }
}

/// A case that failed, with its story.
#[derive(Clone)]
pub struct FailedCase {
    pub(super) case: Option<Case>,
    pub(super) problems: Vec<String>,
    pub(super) expected: String,
    pub(super) story: String,
    pub(super) picture: String,
}

impl FailedCase {
    /// Returns the case; `None` for the run without a fault.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        self.case.as_ref()
    }

    /// Returns the problems, a sentence each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for FailedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.case {
            Some(case) => write!(f, "{case}")?,
            None => f.write_str("the tree is started and shut down, without a fault")?,
        }
        if !self.expected.is_empty() {
            write!(f, "\n   expected:\n     {}", self.expected)?;
        }
        f.write_str("\n   found:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n     {problem}"))?;
        if !self.story.is_empty() {
            let story = self.story.trim_end();
            write!(f, "\n   story (* is done by the matrix):\n{story}")?;
        }
        if !self.picture.is_empty() {
            f.write_str("\n   tree:")?;
            self.picture.lines().try_for_each(|line| write!(f, "\n     {line}"))?;
        }
        if let Some(Case { path, fault, moment }) = &self.case {
            write!(
                f,
                "\n   to repeat it: \
                 .only_child(\"{path}\").only_faults([Fault::{fault:?}])\
                 .only_moments([Moment::{moment:?}])"
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for FailedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error of a [`fault_matrix`](fn@crate::testing::fault_matrix).
///
/// `Display` and `Debug` print the story of each case that failed: what was done, what was
/// expected, and what happened.
#[derive(Clone)]
pub struct MatrixFailure {
    pub(super) failed: Vec<FailedCase>,
    pub(super) passed: usize,
    /// The troubles apart from the cases: in a setting, or in the table.
    pub(super) other: Vec<String>,
}

impl MatrixFailure {
    /// Returns the cases that failed.
    #[must_use]
    pub fn failed(&self) -> &[FailedCase] {
        &self.failed
    }

    /// Returns what is wrong apart from the cases, such as a table that differs.
    #[must_use]
    pub fn other(&self) -> &[String] {
        &self.other
    }

    pub(super) fn other_only(what: impl Into<String>) -> Self {
        Self { failed: Vec::new(), passed: 0, other: vec![what.into()] }
    }
}

/// The number of stories that a failure prints.
const SHOWN: usize = 5;

impl fmt::Display for MatrixFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failed, passed, other } = self;
        f.write_str("fault matrix: ")?;
        if !failed.is_empty() {
            write!(f, "{} of {} cases failed", failed.len(), failed.len() + passed)?;
        }
        for (index, what) in other.iter().enumerate() {
            let separator = if index == 0 && failed.is_empty() { "" } else { "\n\n" };
            write!(f, "{separator}{}", what.trim_end())?;
        }
        for (index, case) in failed.iter().take(SHOWN).enumerate() {
            write!(f, "\n\n{}. {case}", index + 1)?;
        }
        if failed.len() > SHOWN {
            write!(f, "\n\nand these:")?;
            for FailedCase { case, problems, .. } in failed.iter().skip(SHOWN) {
                let case = case.as_ref().map(Case::to_string).unwrap_or_default();
                write!(f, "\n  {case}: {}", problems.join("; "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for MatrixFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for MatrixFailure {}
