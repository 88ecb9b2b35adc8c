//! The engine's whole interface: the events and commands that go in, the effects that come out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::ChildRules;
use super::children::Key;
use crate::spec::{ChildState, ExitReason, Name};

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event<R> {
    /// The supervisor is to start the children it has.
    Start,
    /// The engine asked to be called again, after what is already waiting.
    Continue,
    /// A life reported that it is up.
    Ready(Key, u64),
    /// A life has dropped its context before it was ready.
    Abandoned(Key, u64),
    /// A life has ended: its task is gone, and all that it held.
    Exited(Key, u64, Exit),
    /// A life gave no sign of life within this time.
    Hung(Key, u64, Duration),
    /// A life gave its last sign of life at this instant.
    Alive(Key, u64, Instant),
    /// A retry that the engine had put behind the messages that were waiting then.
    Retry(Key, u32),
    /// A user asks for something about one child. (Boxed: exits are many, orders few.)
    Order(Box<Order<R>>),
    /// The supervisor is to stop in order.
    Stop,
    /// The supervisor is to stop everything at once.
    Kill,
    /// Time has passed.
    Tick,
}

/// How a life ended, as its task says.
#[derive(Clone, Debug)]
pub(crate) enum Exit {
    /// `run` returned or panicked.
    Returned(ExitReason),
    /// The task was dropped.
    Dropped,
}

/// A command about one child that the supervisor knows already.
#[derive(Debug)]
pub(crate) struct Order<R> {
    pub(crate) subject: Subject,
    pub(crate) verb: Verb,
    pub(crate) reply: R,
}

/// The child that an order is about.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Name(Name),
    /// From an address, which knows the key of its child.
    Key(Key),
}

/// What an order asks for.
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    /// `terminate_child`.
    Terminate,
    /// `restart_child`: starts a child that is down.
    Restart,
    /// `delete_child`.
    Delete,
    /// `ChildRef::restart`: stops and starts the child, uncounted.
    StopAndStart,
    /// Ends the child's life as a failure that counts: `ChildRef::kill` with the reason `Killed`,
    /// and the functions of `testing` with theirs.
    Fail(ExitReason),
}

/// A command that brings new children.
#[derive(Debug)]
pub(crate) enum Addition<C, R> {
    /// `add_child`, and `add_worker` of a pool. A `running` child is an adopted supervisor, which
    /// keeps its life.
    One { rules: Arc<ChildRules>, generation: u64, running: bool, data: C, reply: R },
    /// `add_workers`, of a pool whose workers are up once they are spawned.
    Many { rules: Arc<ChildRules>, workers: Vec<C>, reply: R },
}

/// The outcome of a command.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Done,
    /// The child declined its start: OTP's `ignore`.
    Declined,
    /// How many children were added, and why the next one was not.
    Added(usize, Option<Box<Refusal>>),
    Refused(Refusal),
}

/// Why a command was not carried out.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    AlreadyStarted,
    AlreadyPresent,
    NotFound,
    Running,
    Restarting,
    StillRunning,
    StartFailed(ExitReason),
    SimpleOneForOne,
    MaxChildren(usize),
    ShuttingDown,
}

/// Something to do.
#[derive(Debug)]
pub(crate) enum Effect<C, R> {
    /// Show this state of the child to its users. `Spawn`, `Adopt`, `Ask` and `Abort` show the
    /// state that they lead to by themselves.
    Show(Key, ChildState),
    Spawn {
        child: Key,
        generation: u64,
    },
    /// A running supervisor has become a child.
    Adopt(Key),
    /// Ask the life to end; one that never looked at its shutdown signal is dropped at once.
    Ask(Key),
    /// Drop the life; for a supervisor: stop everything below it at once.
    Abort(Key),
    /// Find out when the life last gave a sign of life, and send [`Event::Hung`] or
    /// [`Event::Alive`].
    CheckHeartbeat(Key),
    /// Send [`Event::Retry`] behind what is already waiting.
    RetryLater(Key, u32),
    /// Send [`Event::Continue`] behind what is already waiting.
    ContinueLater,
    /// No life is pending: what is sent to the child comes back.
    Close(Key),
    /// The child is forgotten: take it with [`Engine::take_forgotten`](super::Engine::take_forgotten).
    Forgotten(Key),
    /// A command that carried this was refused.
    Refused(Box<C>),
    Answer(R, Answer),
    /// Tell subscribers and the log.
    Notify(Notice),
    /// All children have started.
    Started,
    /// Everything has ended. Nothing follows.
    Ended(Box<Ending>),
}

/// News for subscribers and the log.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    Started(Key),
    Restarted {
        child: Key,
        left: Option<u32>,
    },
    Declined(Key),
    StartFailed {
        child: Key,
        reason: ExitReason,
    },
    Terminated {
        child: Key,
        reason: ExitReason,
        failed: bool,
    },
    Delayed {
        child: Key,
        delay: Duration,
        left: Option<u32>,
    },
    /// The stop took too long, so the life is dropped.
    TimedOut(Key),
    /// The life goes on although it was dropped.
    NotStopped(Key),
    /// A life that could not be stopped has ended after all.
    StoppedLate(Key),
    MaxRestartsExceeded {
        child: Key,
        reason: ExitReason,
    },
    Stopping,
}

impl Notice {
    /// Returns the child that the notice is about, if it is not about the supervisor.
    pub(crate) fn child(&self) -> Option<Key> {
        match self {
            Self::Started(child)
            | Self::Restarted { child, .. }
            | Self::Declined(child)
            | Self::StartFailed { child, .. }
            | Self::Terminated { child, .. }
            | Self::Delayed { child, .. }
            | Self::TimedOut(child)
            | Self::NotStopped(child)
            | Self::StoppedLate(child)
            | Self::MaxRestartsExceeded { child, .. } => Some(*child),
            Self::Stopping => None,
        }
    }
}

/// Why a supervisor ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// It was asked to, or its significant children had ended.
    Shutdown,
    /// It gave up because of this child.
    GaveUp { name: Name, reason: ExitReason },
    /// This child did not start when the supervisor did.
    StartFailed { name: Name, reason: ExitReason },
    /// Its runtime is going away.
    RuntimeGone,
}
