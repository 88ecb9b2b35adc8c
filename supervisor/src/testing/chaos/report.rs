//! What a chaos run did, and what came of it.

use std::fmt;
use std::time::Duration;

use crate::observe::Event;
use crate::spec::ChildPath;
use crate::testing::error::Story as Told;

/// How a child was brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// By [`testing::kill`](crate::testing::kill).
    Kill,
    /// By [`testing::fail`](crate::testing::fail).
    Fail,
    /// By [`testing::panic`](crate::testing::panic).
    Panic,
    /// By [`testing::hang`](crate::testing::hang).
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

/// One child that was brought down.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Kill {
    /// When, counted from the beginning of the run.
    pub at: Duration,
    /// Whom.
    pub path: ChildPath,
    /// Which of its lives.
    pub incarnation: u64,
    /// How.
    pub fault: FaultKind,
    /// How it came back; nothing for one that was not to: it was `Temporary`, or was added at run
    /// time and lost with its supervisor.
    pub recovery: Option<Recovery>,
}

/// How a child came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// The number of its new life.
    pub incarnation: u64,
    /// How long that took.
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

/// What a [`Chaos`](crate::testing::Chaos) run did: what was killed when, and how it was
/// restarted. Printed, it is a line for each.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChaosReport {
    /// The seed that it was made from.
    pub seed: u64,
    /// What was killed, in order.
    pub kills: Vec<Kill>,
    /// How many restarts there were, of those that were killed and of others.
    pub restarts: u64,
    /// How long it took, on tokio's clock.
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

/// So many of these.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        write!(f, "{count} {what}{}", if *count == 1 { "" } else { "s" })
    }
}

/// What a [`Chaos`](crate::testing::Chaos) run found. Printed, it says how to repeat it.
#[derive(Clone, Debug)]
pub struct ChaosFailure {
    pub(super) problems: Vec<String>,
    pub(super) report: ChaosReport,
    pub(super) seen: Vec<Event>,
}

impl ChaosFailure {
    /// What is wrong, a sentence each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// What had been done until then.
    #[must_use]
    pub fn report(&self) -> &ChaosReport {
        &self.report
    }

    /// The last events.
    #[must_use]
    pub fn seen(&self) -> &[Event] {
        &self.seen
    }
}

/// How many kills a failure prints.
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
        write!(f, "\n{}\nto repeat it: `Chaos::seed({seed})`", Told(&self.seen))
    }
}
