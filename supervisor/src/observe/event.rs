//! Events: reports of what happens in a tree, as it happens.

use std::fmt;
use std::time::{Duration, Instant};

use crate::spec::{ChildPath, Escaped, ExitReason, MaxRestarts};

/// An event of a tree, with its number and the path at which it happened.
#[derive(Clone, Debug)]
pub struct Event {
    pub(crate) number: u64,
    pub(crate) at: Instant,
    pub(crate) path: ChildPath,
    pub(crate) kind: EventKind,
}

impl Event {
    /// Returns the number of the event: a count of the tree's events, from 1 at the first
    /// subscription.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the instant of the event, on tokio's clock.
    ///
    /// The instant of [`EventKind::Missed`] is that of the first event that was not missed.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Returns the path of the child or supervisor that the event is about.
    #[must_use]
    pub fn path(&self) -> &ChildPath {
        &self.path
    }

    /// Returns the kind of the event, with its details.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

/// The kinds of event of a child or a supervisor.
///
/// Each life of a child begins with `ChildStarted` or `ChildRestarted`, and ends with
/// `ChildTerminated`. All events below a nested supervisor come before its own `ChildTerminated`, but
/// for `ChildEnded` and `MessagesLeft` of children that a next life of the supervisor could still
/// have brought back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// The child is to start, and waits for siblings that it uses: under
    /// [`Order::ByUse`](crate::Order::ByUse).
    #[non_exhaustive]
    StartWaits {
        /// The siblings that are not up yet.
        on: Vec<ChildPath>,
    },
    /// The child is to stop, and waits for siblings that use it: under
    /// [`Order::ByUse`](crate::Order::ByUse).
    #[non_exhaustive]
    StopWaits {
        /// The siblings that have not ended yet.
        on: Vec<ChildPath>,
    },
    /// A life of the child has begun: with its supervisor, or because a user asked for it.
    #[non_exhaustive]
    ChildStarted {
        /// The number of the life.
        incarnation: u64,
    },
    /// A life of the child has begun because an earlier one ended.
    #[non_exhaustive]
    ChildRestarted {
        /// The number of the life.
        incarnation: u64,
        /// The number of times that the child has been restarted so far.
        restarts: u64,
        /// The number of restarts that its supervisor has left now; `None` means any number.
        restarts_left: Option<u32>,
    },
    /// A life of the child has ended.
    #[non_exhaustive]
    ChildTerminated {
        /// The number of the life.
        incarnation: u64,
        /// The reason of the end.
        reason: ExitReason,
    },
    /// The child ended normally before it was up: OTP's `ignore`.
    ChildDeclined,
    /// The child ended before it was up.
    #[non_exhaustive]
    ChildStartFailed {
        /// The reason of the end.
        reason: ExitReason,
    },
    /// A restart of the child is pending.
    #[non_exhaustive]
    RestartDelayed {
        /// The time until the restart.
        delay: Duration,
        /// The number of restarts that its supervisor has left now; `None` means any number.
        restarts_left: Option<u32>,
    },
    /// The child did not stop within its shutdown time, so it is dropped.
    #[non_exhaustive]
    ChildKilled {
        /// The time that the stop has taken so far.
        after: Duration,
    },
    /// The child goes on although it was dropped: it blocks its thread.
    #[non_exhaustive]
    ChildNotStopped {
        /// The time that the stop has taken so far.
        after: Duration,
    },
    /// A child that could not be stopped has ended after all.
    ChildStoppedLate,
    /// The child has ended for good with unhandled messages in its mailbox.
    #[non_exhaustive]
    MessagesLeft {
        /// The number of messages.
        count: usize,
    },
    /// The child failed once more than its supervisor allows, so the supervisor gives up.
    #[non_exhaustive]
    MaxRestartsExceeded {
        /// The number of restarts that are allowed within the window.
        max_restarts: MaxRestarts,
        /// The length of the window.
        restart_window: Duration,
        /// The reason of the child's end.
        reason: ExitReason,
    },
    /// The child failed once more than its own `max_restarts` allows: it stays down, alone.
    #[non_exhaustive]
    ChildGivenUp {
        /// The number of restarts that are allowed within the window.
        max_restarts: MaxRestarts,
        /// The length of the window: its supervisor's.
        restart_window: Duration,
        /// The reason of the child's end.
        reason: ExitReason,
    },
    /// The child has ended for good: no life of it goes on, and none is pending.
    ///
    /// It has finished, was terminated, has used up its own `max_restarts`, or is gone with its
    /// supervisor. Only a user's call starts it again, or a restart of its whole group. A child that
    /// has never had a life has no such event.
    #[non_exhaustive]
    ChildEnded {
        /// The reason of its last life's end.
        reason: Option<ExitReason>,
    },
    /// A supervisor has started all its children.
    SupervisorStarted,
    /// A supervisor was asked to stop, and its children go on until its drain time is over.
    #[non_exhaustive]
    SupervisorDraining {
        /// The time for which the children go on.
        time: Duration,
    },
    /// The time for the whole shutdown is over, so all that has not ended is dropped.
    #[non_exhaustive]
    ShutdownOutOfTime {
        /// The time that the shutdown has taken so far, with the drain.
        after: Duration,
    },
    /// A supervisor stops its children, and will then end.
    SupervisorStopping,
    /// A supervisor has ended, and all below it.
    #[non_exhaustive]
    SupervisorTerminated {
        /// The reason of the end.
        reason: ExitReason,
    },
    /// The supervisor's children start, since this replica has acquired their lease.
    #[non_exhaustive]
    LeaseAcquired {
        /// The name of the lease.
        lease: String,
        /// The number of the acquisition, which only grows.
        fence: u64,
    },
    /// The supervisor's children have ended, and their lease is released: another replica can
    /// acquire it.
    #[non_exhaustive]
    LeaseReleased {
        /// The name of the lease.
        lease: String,
    },
    /// The supervisor's children are stopped, since this replica may lose their lease or has lost it.
    #[non_exhaustive]
    LeaseLost {
        /// The name of the lease.
        lease: String,
        /// The reason for the risk, in words.
        why: String,
    },
    /// The subscriber fell behind, and missed events at this point.
    #[non_exhaustive]
    Missed {
        /// The number of missed events.
        count: u64,
    },
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartWaits { on } => write!(f, "waits to start: {} not up", NotYet(on)),
            Self::StopWaits { on } => write!(f, "waits to stop: {} not ended", NotYet(on)),
            Self::ChildStarted { incarnation } => write!(f, "started (life {incarnation})"),
            Self::ChildRestarted { incarnation, restarts_left, .. } => {
                write!(f, "restarted (life {incarnation}; {})", RestartsLeft(*restarts_left))
            }
            Self::ChildTerminated { incarnation, reason } => {
                write!(f, "ended (life {incarnation}): {reason}")
            }
            Self::ChildDeclined => f.write_str("declined to start"),
            Self::ChildStartFailed { reason } => write!(f, "did not start: {reason}"),
            Self::RestartDelayed { delay, restarts_left } => {
                write!(f, "will be restarted in {delay:?} ({})", RestartsLeft(*restarts_left))
            }
            Self::ChildKilled { after } => write!(f, "did not stop within {after:?}: killed"),
            Self::ChildNotStopped { after } => {
                write!(f, "cannot be stopped: it still runs after {after:?}")
            }
            Self::ChildStoppedLate => f.write_str("has stopped after all"),
            Self::MessagesLeft { count } => write!(f, "ended with {count} messages unhandled"),
            Self::MaxRestartsExceeded { max_restarts, restart_window, reason } => write!(
                f,
                "failed again after {max_restarts} restarts within {restart_window:?}: {reason}"
            ),
            Self::ChildGivenUp { max_restarts, restart_window, reason } => write!(
                f,
                "failed again after its own {max_restarts} restarts within {restart_window:?}, and stays down: {reason}"
            ),
            Self::ChildEnded { reason: Some(reason) } => write!(f, "ended for good: {reason}"),
            Self::ChildEnded { reason: None } => f.write_str("ended for good"),
            Self::SupervisorStarted => f.write_str("all children started"),
            Self::SupervisorDraining { time } => write!(f, "draining for {time:?}"),
            Self::ShutdownOutOfTime { after } => {
                write!(f, "the shutdown is out of time after {after:?}: killing what has not ended")
            }
            Self::SupervisorStopping => f.write_str("stopping"),
            Self::SupervisorTerminated { reason } => write!(f, "supervisor ended: {reason}"),
            Self::LeaseAcquired { lease, fence } => {
                write!(f, "lease `{}` acquired, with fence {fence}", Escaped(lease))
            }
            Self::LeaseReleased { lease } => write!(f, "lease `{}` released", Escaped(lease)),
            Self::LeaseLost { lease, why } => {
                write!(f, "lease `{}` lost: {}", Escaped(lease), Escaped(why))
            }
            Self::Missed { count } => write!(f, "{count} events missed"),
        }
    }
}

/// Displays children for which another waits: `a`, `b and c are`.
pub(crate) struct NotYet<'a>(pub(crate) &'a [ChildPath]);

impl fmt::Display for NotYet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (index, path) in self.0.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index == last => " and ",
                _ => ", ",
            };
            write!(f, "{separator}`{path}`")?;
        }
        f.write_str(if last == 0 { " is" } else { " are" })
    }
}

/// Displays the number of restarts that are left, in words.
pub(crate) struct RestartsLeft(pub(crate) Option<u32>);

impl fmt::Display for RestartsLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("any number of restarts left"),
            Some(1) => f.write_str("1 restart left"),
            Some(left) => write!(f, "{left} restarts left"),
        }
    }
}
