//! The results of a chaos run: its kills, and the failed checks.

use std::fmt;
use std::time::Duration;

use super::event_list::EventList;
use crate::observe::Event;
use crate::spec::ChildPath;

/// The way in which a child was brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// Killed, as by [`testing::kill`](crate::testing::kill).
    Kill,
    /// Failed, as by [`testing::fail`](crate::testing::fail).
    Fail,
    /// Panicked, as by [`testing::panic`](crate::testing::panic).
    Panic,
    /// Hung, as by [`testing::hang`](crate::testing::hang).
    Hang,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kill => "killed",
            Self::Fail => "failed",
            Self::Panic => "panicked",
            Self::Hang => "hung",
        })
    }
}

/// One kill of a chaos run: a child that was brought down.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Kill {
    /// The time since the beginning of the run, on tokio's clock.
    pub at: Duration,
    /// The path of the child.
    pub path: ChildPath,
    /// The number of the life that was brought down.
    pub incarnation: u64,
    /// The way in which the life was brought down.
    pub fault: FaultKind,
    /// The child's next life; `None` for a child that was not to come back, since it was
    /// `Temporary`, or was added at run time and lost with its supervisor.
    pub recovery: Option<Recovery>,
}

/// The next life of a child that was brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// The number of the new life.
    pub incarnation: u64,
    /// The time from the kill to the beginning of the new life, on tokio's clock.
    pub after: Duration,
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, path, incarnation, fault, recovery } = self;
        write!(f, "at {at:?}: `{path}` {fault} (life {incarnation})")?;
        match recovery {
            Some(Recovery { incarnation, after }) => {
                write!(f, ", life {incarnation} began after {after:?}")
            }
            None => f.write_str(", not restarted"),
        }
    }
}

/// Report of a [`Chaos`](crate::testing::Chaos) run: its kills, and the restarts that followed.
///
/// `Display` prints a summary, and a line for each kill.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChaosReport {
    /// The seed of the run.
    pub seed: u64,
    /// The kills, in order.
    pub kills: Vec<Kill>,
    /// The number of restarts, of the children that were killed and of others.
    pub restarts: u64,
    /// The duration of the run, on tokio's clock.
    pub took: Duration,
}

impl fmt::Display for ChaosReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, kills, restarts, took } = self;
        let kills_made = Count(kills.len() as u64, "kill");
        let restarts = Count(*restarts, "restart");
        write!(f, "seed {seed}: {kills_made} and {restarts} in {took:?}")?;
        kills.iter().try_for_each(|kill| write!(f, "\n  {kill}"))
    }
}

/// Prints a number and the singular or plural of a noun.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        write!(f, "{count} {what}{}", if *count == 1 { "" } else { "s" })
    }
}

/// The failed checks of a [`Chaos`](crate::testing::Chaos) run.
///
/// `Display` prints the problems, the last kills and events, and the way to repeat the run.
#[derive(Clone, Debug)]
pub struct ChaosFailure {
    pub(super) problems: Vec<String>,
    pub(super) report: ChaosReport,
    pub(super) seen: Vec<Event>,
}

impl ChaosFailure {
    /// Returns the problems, a sentence each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Returns the report of the run until it failed.
    #[must_use]
    pub fn report(&self) -> &ChaosReport {
        &self.report
    }

    /// Returns the last events, at most 100.
    #[must_use]
    pub fn seen(&self) -> &[Event] {
        &self.seen
    }
}

/// The number of kills that a failure prints.
const SHOWN: usize = 10;

impl fmt::Display for ChaosFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChaosReport { seed, kills, took, .. } = &self.report;
        write!(f, "chaos with seed {seed}: {}", self.problems.join("; "))?;
        write!(f, "\nafter {took:?} and {}:", Count(kills.len() as u64, "kill"))?;
        let hidden = kills.len().saturating_sub(SHOWN);
        if hidden > 0 {
            write!(f, "\n  … ({hidden} more)")?;
        }
        kills.iter().skip(hidden).try_for_each(|kill| write!(f, "\n  {kill}"))?;
        write!(f, "\n{}\nto repeat it: `Chaos::seed({seed})`", EventList(&self.seen))
    }
}
