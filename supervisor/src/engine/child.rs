//! A child as the engine knows it: its rules, its state, and the driver's part of it.

use std::sync::Arc;
use std::time::Duration;

use super::protocol::Shown;
use crate::packed_instant::PackedInstant;
use crate::spec::{
    Backoff, ChildKind, ChildState, ExitReason, HealthPart, MaxRestarts, Name, RestartPolicy,
    Shutdown,
};

/// A child's options with all defaults filled in; shared by the workers of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChildRules {
    pub(crate) kind: ChildKind,
    pub(crate) restart: RestartPolicy,
    pub(crate) shutdown: Shutdown,
    pub(crate) backoff: Option<Backoff>,
    /// The number of restarts within the supervisor's window after which the child alone is given up;
    /// `None` if its restarts count as its supervisor's.
    pub(crate) max_restarts: Option<MaxRestarts>,
    pub(crate) start: StartRule,
    pub(crate) significant: bool,
    /// `true` if the child receives the messages that are queued when it is stopped for good.
    pub(crate) drain: bool,
    /// The time without a heartbeat after which a life is considered hung.
    pub(crate) heartbeat: Option<Duration>,
    /// The part that the child has in the health of its tree.
    pub(crate) health: HealthPart,
    /// Set if the child is behind a gate: it is started by an order that opens the gate, and by
    /// nothing else.
    pub(crate) gated: bool,
}

impl ChildRules {
    /// Returns `true` if a child is up once it is spawned.
    pub(crate) fn is_up_once_spawned(&self) -> bool {
        self.start == StartRule::Spawned
    }

    /// Returns `true` if the child is a worker that has to report that it is up.
    pub(crate) fn needs_report(&self) -> bool {
        self.kind == ChildKind::Worker && self.start != StartRule::Spawned
    }
}

/// The condition under which a child counts as started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartRule {
    /// The child counts as started when it is spawned.
    Spawned,
    /// The child counts as started when it reports that it is up, within this time if there is a
    /// limit.
    Ready(Option<Duration>),
    /// The child counts as started when it is spawned, and is up when it reports that, within this
    /// time if there is a limit. Until then, failed attempts are followed by others.
    Retry(Option<Duration>),
}

/// The driver's part of a child, of which the engine uses nothing but the child's name.
pub(crate) trait Named {
    fn name(&self) -> &Name;
}

/// A child; `C` is the driver's part of it, `R` the reply handle of a command.
#[derive(Debug)]
pub(crate) struct Child<C, R> {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) state: State<R>,
    /// The number of the current or last life.
    pub(crate) generation: u64,
    /// The number of the pending retry, which tells it from a retry that was overtaken.
    pub(crate) retry: u32,
    /// The number of restarts since the child was last up for a whole restart window.
    pub(crate) attempts: u16,
    /// `true` if the child comes back when its supervisor is restarted.
    pub(crate) declared: bool,
    /// The state that the child's users see.
    pub(super) shown: Shown,
    pub(crate) data: C,
}

impl<C, R> Child<C, R> {
    /// Creates a child that has no life yet.
    pub(super) fn new(rules: Arc<ChildRules>, generation: u64, data: C) -> Self {
        let (retry, attempts, declared) = (0, 0, false);
        let down = if generation == 0 { Down::NotStarted } else { Down::Stopped };
        // A child with earlier lives is one that its supervisor brings back, and was shown as such.
        let shown = if generation == 0 { Shown::Is(down.into()) } else { Shown::Held };
        let state = State::Down(down);
        Self { rules, state, generation, retry, attempts, declared, shown, data }
    }

    /// Returns the state that the child's users see, which is also in the child's slot.
    pub(crate) fn shown(&self) -> ChildState {
        self.shown.state()
    }
}

/// The state of a child. "Life" means that a task of the child exists. (Large and rare parts are
/// boxed: most children of a large tree are up and stay up.)
#[derive(Debug)]
pub(crate) enum State<R> {
    /// No life, and none is pending.
    Down(Down),
    /// No life; the child was stopped with its group and comes back with the group's pending
    /// restart.
    Held,
    /// No life; a restart of the child is pending.
    Waiting(Pending),
    /// No life; the last attempt to start the child has failed, and the next one is pending, for which
    /// nobody waits.
    Resting,
    /// A life that has not yet reported that it is up.
    Starting(Purpose<R>),
    /// A life that has not yet reported that it is up, and for which nobody waits: if it fails,
    /// another one follows. `again` tells whether it follows an earlier life.
    Trying { again: bool },
    /// A life that is up.
    Up { since: PackedInstant },
    /// No life; the last one ended by itself while the supervisor was busy with its siblings.
    ExitPending(Box<ExitReason>),
    /// A life that is asked to end.
    Stopping(StopPurpose<R>),
    /// A life that is forced to end.
    Killing(StopPurpose<R>),
    /// A life that could not be stopped.
    Zombie,
}

/// The reason why no life of a child is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Down {
    /// The child was never started.
    NotStarted,
    /// The child was stopped, or could not be started.
    Stopped,
    /// The child has ended by itself, or has declined its start.
    Finished,
    /// The child has failed more often than its own limit allows.
    Failed,
    /// The child is behind a gate that is shut.
    Standby,
}

impl From<Down> for ChildState {
    fn from(down: Down) -> Self {
        match down {
            Down::NotStarted => Self::NotStarted,
            Down::Stopped => Self::Stopped,
            Down::Finished => Self::Finished,
            Down::Failed => Self::Failed,
            Down::Standby => Self::Standby,
        }
    }
}

/// The consequence of a waiting child's timer.
#[derive(Debug)]
pub(crate) enum Pending {
    /// The child starts: the credit is taken and the scope is stopped.
    Start,
    /// One more restart follows, with a credit and a scope of its own, because a start has failed
    /// for this reason.
    Again(Box<ExitReason>),
}

/// The reason why a child is being started.
#[derive(Debug)]
pub(crate) enum Purpose<R> {
    /// The supervisor starts its children one by one.
    Sequence,
    /// The child is restarted alone.
    Restart,
    /// `add_workers`: the command adds several children and does not wait for this one.
    Together,
    /// `add_child`: the spec is kept only if the start succeeds.
    Add(R),
    /// `restart_child`.
    Command(R),
}

/// The reason why a child is being stopped.
#[derive(Debug)]
pub(crate) enum StopPurpose<R> {
    /// The child is stopped with its siblings.
    Sequence,
    /// The child is stopped on its own.
    Own(Box<OwnStop<R>>),
}

/// The reason why a child is stopped on its own, without its siblings.
#[derive(Debug)]
pub(crate) enum OwnStop<R> {
    Terminate(R),
    /// The child is started again, alone, which does not count as a restart.
    StopAndStart(R),
    /// The end of the life counts as this failure.
    Fail(Failing),
    /// The start has failed, because the life will not be ready.
    FailedStart(FailingStart<R>),
    /// The attempt to start has failed for this reason, because the life will not be ready.
    FailedAttempt(ExitReason),
}

/// A life that is ended from outside, as a failure.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) reason: ExitReason,
}

/// A life that is ended because it will not be ready.
#[derive(Debug)]
pub(crate) struct FailingStart<R> {
    pub(crate) purpose: Purpose<R>,
    pub(crate) reason: ExitReason,
}

impl<R> Purpose<R> {
    /// Returns the reply handle of the command that waits for the start, if one does.
    pub(crate) fn into_reply(self) -> Option<R> {
        match self {
            Self::Add(reply) | Self::Command(reply) => Some(reply),
            Self::Sequence | Self::Restart | Self::Together => None,
        }
    }
}

impl<R> StopPurpose<R> {
    /// Returns the reason why the child is stopped on its own, if it is.
    pub(crate) fn own(&self) -> Option<&OwnStop<R>> {
        match self {
            Self::Sequence => None,
            Self::Own(own) => Some(own),
        }
    }

    /// Returns the reply handle of the command that waits for the stop, if one does.
    pub(crate) fn into_reply(self) -> Option<R> {
        match self {
            Self::Sequence => None,
            Self::Own(own) => own.into_reply(),
        }
    }
}

impl<R> From<OwnStop<R>> for StopPurpose<R> {
    fn from(own: OwnStop<R>) -> Self {
        Self::Own(Box::new(own))
    }
}

impl<R> OwnStop<R> {
    /// Returns the reply handle of the command that waits for the stop, if one does.
    pub(crate) fn into_reply(self) -> Option<R> {
        match self {
            Self::Terminate(reply) | Self::StopAndStart(reply) => Some(reply),
            Self::Fail(_) | Self::FailedAttempt(_) => None,
            Self::FailedStart(failing) => failing.purpose.into_reply(),
        }
    }
}

impl<R> State<R> {
    /// Returns `true` if a task of the child exists that can still be stopped.
    pub(crate) fn has_life(&self) -> bool {
        match self {
            Self::Starting(_)
            | Self::Trying { .. }
            | Self::Up { .. }
            | Self::Stopping(_)
            | Self::Killing(_) => true,
            Self::Down(_)
            | Self::Held
            | Self::Waiting(_)
            | Self::Resting
            | Self::ExitPending(_)
            | Self::Zombie => false,
        }
    }

    /// Returns `true` if the child is down or a zombie, so that no restart of the child is pending.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self, Self::Down(_) | Self::Zombie)
    }

    /// Returns `true` if the child is starting or stopping, and its supervisor waits for that.
    pub(crate) fn is_moving(&self) -> bool {
        matches!(self, Self::Starting(_) | Self::Stopping(_) | Self::Killing(_))
    }

    /// Returns the reason why the child is stopped on its own, if it is.
    pub(crate) fn own_stop(&self) -> Option<&OwnStop<R>> {
        match self {
            Self::Stopping(purpose) | Self::Killing(purpose) => purpose.own(),
            _ => None,
        }
    }

    /// Turns the shutdown request into an abort; returns `false` if there was no request.
    pub(crate) fn kill(&mut self) -> bool {
        let Self::Stopping(purpose) = self else { return false };
        *self = Self::Killing(std::mem::replace(purpose, StopPurpose::Sequence));
        true
    }
}

impl<R> From<&State<R>> for Shown {
    fn from(state: &State<R>) -> Self {
        Self::Is(match state {
            State::Down(down) => (*down).into(),
            State::Held | State::ExitPending(_) => return Self::Held,
            State::Waiting(_) | State::Resting => ChildState::Restarting,
            State::Starting(_) | State::Trying { .. } => ChildState::Starting,
            State::Up { .. } => ChildState::Running,
            State::Stopping(_) | State::Killing(_) => ChildState::Stopping,
            State::Zombie => ChildState::Unstoppable,
        })
    }
}
