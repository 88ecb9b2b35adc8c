//! The health of a tree: whether it is live and ready, and what is wrong with it.
//!
//! All of this is decided here, from plain data; [`Supervisor::health`](crate::Supervisor::health)
//! collects the data.

use std::fmt;
use std::time::{Duration, Instant};

use super::lease_status::HealthLease;
use crate::spec::{ChildPath, ChildState, Escaped, ExitReason, HealthPart, OwnWord};

/// The health of a tree, or of a part of one, at one moment.
///
/// `Display` prints a line for each of the first 20 reasons, with the worst first, and then one for each
/// of the first 20 leases.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// `false` if a life cannot be stopped: only a new process helps. A failure alone, or any
    /// number of them, leaves this `true`.
    pub live: bool,
    /// `true` if all that is required runs: the tree can be given work.
    pub ready: bool,
    /// `true` if the tree is ready, and something that it can do without is not well.
    pub degraded: bool,
    /// The reasons, with the worst first; empty if nothing is wrong.
    pub reasons: Vec<HealthReason>,
    /// The leases that children of the tree need (feature `lease`), and whether this replica holds them.
    /// They have no effect on the three figures above.
    pub leases: Vec<HealthLease>,
}

/// Something that is wrong with a tree.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthReason {
    /// The path of the child or supervisor that is not well.
    pub path: ChildPath,
    /// The part that it has in the health of the tree: its own, or that of a supervisor above it, if
    /// that is smaller.
    pub part: HealthPart,
    /// The trouble that the child or supervisor has.
    pub problem: HealthProblem,
    /// The instant since which it is wrong, if it was ever right or was ever tried.
    pub since: Option<Instant>,
    /// The time from `since` to the moment of the question.
    pub lasted: Option<Duration>,
    /// The number of failures since the child last ran for a whole restart window.
    pub failures: u32,
    /// The reason of the last life's end, if a life has ended.
    pub last_exit: Option<ExitReason>,
}

/// The trouble that a child or supervisor has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthProblem {
    /// It was never started.
    NotStarted,
    /// It has been started and is not up yet.
    Starting,
    /// It has ended and will be started again.
    Restarting,
    /// It was asked to stop, and goes on until its drain time is over.
    Draining,
    /// It is being stopped.
    Stopping,
    /// It was stopped, and stays down.
    Stopped,
    /// It has failed more often than its own `max_restarts` allows, and stays down.
    Failed,
    /// It cannot be stopped: it blocks its thread.
    Unstoppable,
    /// The tree, or the supervisor, has ended for good.
    Ended,
    /// It says itself that it is degraded, and why.
    Degraded(String),
    /// It says itself that it is not ready, and why.
    Unready(String),
}

/// The effect of a reason on the tree; a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Nothing,
    Degraded,
    NotReady,
    NotLive,
}

impl HealthProblem {
    /// Returns what is wrong with a child in this state, which says this of itself. A child that has
    /// finished is well: it has done its work. So is one that waits for a lease: another replica does
    /// the work.
    pub(crate) fn of(state: ChildState, word: Option<OwnWord>) -> Option<Self> {
        match (state, word) {
            (ChildState::Running, Some(OwnWord::Degraded(why))) => Some(Self::Degraded(why)),
            (ChildState::Running | ChildState::Starting, Some(OwnWord::Unready(why))) => {
                Some(Self::Unready(why))
            }
            (ChildState::Running, None) | (ChildState::Finished | ChildState::Standby, _) => None,
            (ChildState::NotStarted, _) => Some(Self::NotStarted),
            (ChildState::Starting, _) => Some(Self::Starting),
            (ChildState::Restarting, _) => Some(Self::Restarting),
            (ChildState::Stopping, _) => Some(Self::Stopping),
            (ChildState::Stopped, _) => Some(Self::Stopped),
            (ChildState::Failed, _) => Some(Self::Failed),
            (ChildState::Unstoppable, _) => Some(Self::Unstoppable),
        }
    }

    /// Returns what this does to a tree in which its child has this part.
    fn effect(&self, part: HealthPart) -> Effect {
        match (self, part) {
            // The thread is lost for the whole process, whatever the child's part.
            (Self::Unstoppable, _) => Effect::NotLive,
            (_, HealthPart::Ignored) => Effect::Nothing,
            (Self::Degraded(_), _) | (_, HealthPart::Degrades) => Effect::Degraded,
            (_, HealthPart::Required) => Effect::NotReady,
        }
    }
}

impl Health {
    /// Decides on the health of a tree about which this was found.
    pub(crate) fn of(found: Vec<HealthReason>) -> Self {
        // The worst come first; reasons with the same effect stay in start order.
        let (mut reasons, mut not_ready, mut degraded) = (Vec::new(), Vec::new(), Vec::new());
        for reason in found {
            match reason.effect() {
                Effect::NotLive => reasons.push(reason),
                Effect::NotReady => not_ready.push(reason),
                Effect::Degraded => degraded.push(reason),
                Effect::Nothing => {}
            }
        }
        reasons.append(&mut not_ready);
        reasons.append(&mut degraded);
        let worst = reasons.first().map_or(Effect::Nothing, HealthReason::effect);
        // An unstoppable child that nobody needs leaves the tree live no more, but ready.
        let is_required = |reason: &HealthReason| {
            reason.effect() == Effect::NotReady
                || reason.effect() == Effect::NotLive && reason.part == HealthPart::Required
        };
        let ready = !reasons.iter().any(is_required);
        Self {
            live: worst != Effect::NotLive,
            ready,
            degraded: ready && worst != Effect::Nothing,
            reasons,
            leases: Vec::new(),
        }
    }

    /// Returns the three figures in words.
    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Self { live: false, .. } => "not live",
            Self { ready: false, .. } => "not ready",
            Self { degraded: true, .. } => "ready, degraded",
            _ => "ready",
        }
    }

    /// Returns `true` if both are the same but for the times and the numbers of failures, the leases, and
    /// the attempts of a child that is tried again and again: it is away all the time.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |(one, other): (&HealthReason, &HealthReason)| {
            one.part == other.part && one.problem.is_like(&other.problem) && one.path == other.path
        };
        (self.live, self.ready) == (other.live, other.ready)
            && self.reasons.len() == other.reasons.len()
            && self.reasons.iter().zip(&other.reasons).all(same)
    }
}

impl HealthReason {
    fn effect(&self) -> Effect {
        self.problem.effect(self.part)
    }
}

/// The number of reasons, and of leases, that are printed before the rest is counted.
const SHOWN: usize = 20;

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict())?;
        list(f, &self.reasons)?;
        list(f, &self.leases)
    }
}

/// Prints a line for each of the first entries.
fn list(f: &mut fmt::Formatter<'_>, entries: &[impl fmt::Display]) -> fmt::Result {
    for entry in entries.iter().take(SHOWN) {
        write!(f, "\n- {entry}")?;
    }
    match entries.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, "\n- … and {more} more"),
    }
}

impl fmt::Display for HealthReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect() {
            Effect::NotLive => "not live",
            Effect::NotReady => "not ready",
            Effect::Degraded => "degraded",
            Effect::Nothing => "ignored",
        };
        write!(f, "{effect}: {} {}", self.path, self.problem)?;
        if let Some(lasted) = self.lasted {
            write!(f, ", for {}", Lasted(lasted))?;
        }
        match self.failures {
            0 => {}
            1 => f.write_str(", after 1 failure")?,
            failures => write!(f, ", after {failures} failures")?,
        }
        match &self.last_exit {
            Some(reason) if self.problem.follows_an_exit() && reason.is_abnormal() => {
                write!(f, "; last exit: {reason}")
            }
            _ => Ok(()),
        }
    }
}

impl HealthProblem {
    /// Returns `true` if there is no news between the two.
    fn is_like(&self, other: &Self) -> bool {
        let is_away = |problem: &Self| matches!(problem, Self::Starting | Self::Restarting);
        self == other || is_away(self) && is_away(other)
    }

    /// Returns `true` if the end of the last life belongs to the problem.
    fn follows_an_exit(&self) -> bool {
        matches!(
            self,
            Self::Starting | Self::Restarting | Self::Stopped | Self::Failed | Self::Ended
        )
    }
}

impl fmt::Display for HealthProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => f.write_str("has not been started"),
            Self::Starting => f.write_str("is starting"),
            Self::Restarting => f.write_str("is to be restarted"),
            Self::Draining => f.write_str("is draining"),
            Self::Stopping => f.write_str("is stopping"),
            Self::Stopped => f.write_str("was stopped"),
            Self::Failed => f.write_str("has failed too often, and stays down"),
            Self::Unstoppable => f.write_str("cannot be stopped"),
            Self::Ended => f.write_str("has ended"),
            Self::Degraded(why) => write!(f, "is degraded: {}", Escaped(why)),
            Self::Unready(why) => write!(f, "is not ready: {}", Escaped(why)),
        }
    }
}

/// Displays a duration as a person would say it: `80ms`, `12.3s`, `4m 3s`, `2h 5m`.
pub(crate) struct Lasted(pub(crate) Duration);

impl fmt::Display for Lasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.0.as_secs(), self.0.subsec_millis());
        match secs {
            0 => write!(f, "{millis}ms"),
            1..60 => write!(f, "{secs}.{}s", millis / 100),
            60..3_600 => write!(f, "{}m {}s", secs / 60, secs % 60),
            _ => write!(f, "{}h {}m", secs / 3_600, secs / 60 % 60),
        }
    }
}

#[cfg(test)]
mod tests;
