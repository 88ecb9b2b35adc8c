//! What the engine knows of one child.

use std::sync::Arc;
use std::time::Duration;

use crate::packed_instant::PackedInstant;
use crate::spec::{Backoff, ChildKind, ChildState, ExitReason, Name, RestartPolicy, Shutdown};

/// A child's options with all defaults filled in; shared by the workers of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChildRules {
    pub(crate) kind: ChildKind,
    pub(crate) restart: RestartPolicy,
    pub(crate) shutdown: Shutdown,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) start: StartRule,
    pub(crate) significant: bool,
    /// After what silence a life is considered hung.
    pub(crate) heartbeat: Option<Duration>,
}

impl ChildRules {
    /// Whether a child that was spawned is up by that.
    pub(crate) fn is_up_once_spawned(&self) -> bool {
        self.start == StartRule::Spawned
    }

    /// Whether a worker has to say that it is up.
    pub(crate) fn needs_report(&self) -> bool {
        self.kind == ChildKind::Worker && self.start != StartRule::Spawned
    }
}

/// When a child counts as started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartRule {
    /// When it is spawned.
    Spawned,
    /// When it says so, within this time if there is a limit.
    Ready(Option<Duration>),
}

/// The driver's part of a child: all that the engine wants of it is the child's name.
pub(crate) trait Named {
    fn name(&self) -> &Name;
}

/// A child; `C` is the driver's part of it, `R` what a command is answered with.
#[derive(Debug)]
pub(crate) struct Child<C, R> {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) state: State<R>,
    /// The number of the current or last life.
    pub(crate) generation: u64,
    /// Tells a retry that is still wanted from one that was overtaken.
    pub(crate) retry: u32,
    /// Restarts since the child was last up for a whole restart window.
    pub(crate) attempts: u16,
    /// Whether it comes back with its supervisor.
    pub(crate) declared: bool,
    /// The state that the child's users see.
    pub(super) shown: ChildState,
    pub(crate) data: C,
}

impl<C, R> Child<C, R> {
    /// One that was added, and has no life yet.
    pub(super) fn new(rules: Arc<ChildRules>, generation: u64, data: C) -> Self {
        let (retry, attempts, declared) = (0, 0, false);
        let (state, shown) = (State::Down, ChildState::Stopped);
        Self { rules, state, generation, retry, attempts, declared, shown, data }
    }
}

/// Where a child stands. "Life" means that a task of it exists. (What is large and rare is boxed:
/// most children of a large tree are up and stay so.)
#[derive(Debug)]
pub(crate) enum State<R> {
    /// No life, and none is on its way.
    Down,
    /// No life; it was stopped with its group and comes back with the group's pending restart.
    Held,
    /// No life; a restart of it is pending.
    Waiting(Pending),
    /// A life that has not reported yet.
    Starting(Purpose<R>),
    /// A life.
    Up { since: PackedInstant },
    /// Its life ended by itself while the supervisor was busy with its siblings.
    ExitPending(Box<ExitReason>),
    /// A life that is asked to end.
    Stopping(StopPurpose<R>),
    /// A life that is forced to end.
    Killing(StopPurpose<R>),
    /// A life that could not be stopped.
    Zombie,
}

/// What the timer of a waiting child leads to.
#[derive(Debug)]
pub(crate) enum Pending {
    /// The credit is taken and the scope is stopped: it starts.
    Start,
    /// A start has failed, for this reason: that is one more restart, with its credit and its
    /// scope.
    Again(Box<ExitReason>),
}

/// Why a child is being started.
#[derive(Debug)]
pub(crate) enum Purpose<R> {
    /// The supervisor starts its children one by one.
    Sequence,
    /// It is restarted alone.
    Restart,
    /// With others, by one command that does not wait for it.
    Together,
    /// `add_child`: the spec is kept only if the start succeeds.
    Add(R),
    /// `restart_child`.
    Command(R),
}

/// Why a child is being stopped.
#[derive(Debug)]
pub(crate) enum StopPurpose<R> {
    /// With its siblings.
    Sequence,
    Own(Box<OwnStop<R>>),
}

/// Why a child is stopped on its own, without its siblings.
#[derive(Debug)]
pub(crate) enum OwnStop<R> {
    Terminate(R),
    /// To be started again, alone and uncounted.
    StopAndStart(R),
    /// It counts as this failure when it has ended.
    Fail(Failing<R>),
    /// It will not be ready, so its start has failed.
    FailedStart(FailingStart<R>),
}

/// A life that is ended from outside, as a failure.
#[derive(Debug)]
pub(crate) struct Failing<R> {
    pub(crate) reason: ExitReason,
    pub(crate) reply: Option<R>,
}

/// A life that is ended because it will not be ready.
#[derive(Debug)]
pub(crate) struct FailingStart<R> {
    pub(crate) purpose: Purpose<R>,
    pub(crate) reason: ExitReason,
}

impl<R> Purpose<R> {
    /// Whoever waits for the answer to a command.
    pub(crate) fn into_reply(self) -> Option<R> {
        match self {
            Self::Add(reply) | Self::Command(reply) => Some(reply),
            Self::Sequence | Self::Restart | Self::Together => None,
        }
    }
}

impl<R> StopPurpose<R> {
    /// Why the child is stopped on its own, if it is.
    pub(crate) fn own(&self) -> Option<&OwnStop<R>> {
        match self {
            Self::Sequence => None,
            Self::Own(own) => Some(own),
        }
    }

    /// Whoever waits for the answer to a command.
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
    /// Whoever waits for the answer to a command.
    pub(crate) fn into_reply(self) -> Option<R> {
        match self {
            Self::Terminate(reply) | Self::StopAndStart(reply) => Some(reply),
            Self::Fail(failing) => failing.reply,
            Self::FailedStart(failing) => failing.purpose.into_reply(),
        }
    }
}

impl<R> State<R> {
    /// Whether a task of the child exists that can still be told something.
    pub(crate) fn has_life(&self) -> bool {
        matches!(self, Self::Starting(_) | Self::Up { .. } | Self::Stopping(_) | Self::Killing(_))
    }

    /// Whether nothing will start it by itself any more.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self, Self::Down | Self::Zombie)
    }

    /// Whether the supervisor waits for this child.
    pub(crate) fn is_moving(&self) -> bool {
        matches!(self, Self::Starting(_) | Self::Stopping(_) | Self::Killing(_))
    }

    /// Why it is stopped on its own, if it is.
    pub(crate) fn own_stop(&self) -> Option<&OwnStop<R>> {
        match self {
            Self::Stopping(purpose) | Self::Killing(purpose) => purpose.own(),
            _ => None,
        }
    }

    /// Turns the request to end into force; `false` if there was none.
    pub(crate) fn kill(&mut self) -> bool {
        let Self::Stopping(purpose) = self else { return false };
        *self = Self::Killing(std::mem::replace(purpose, StopPurpose::Sequence));
        true
    }
}

impl<R> From<&State<R>> for ChildState {
    fn from(state: &State<R>) -> Self {
        match state {
            State::Down => Self::Stopped,
            State::Held | State::Waiting(_) | State::ExitPending(_) => Self::Restarting,
            State::Starting(_) => Self::Starting,
            State::Up { .. } => Self::Running,
            State::Stopping(_) | State::Killing(_) => Self::Stopping,
            State::Zombie => Self::Unstoppable,
        }
    }
}
