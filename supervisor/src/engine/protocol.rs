//! The engine's whole interface: events and commands go in, effects come out.

use std::sync::Arc;
use std::time::Duration;

use super::child::ChildRules;
use super::children::Key;
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildState, ExitReason, Name};

/// An event that the driver reports to the engine.
#[derive(Debug)]
pub(crate) enum Event<R> {
    /// The supervisor is to start its children.
    Start,
    /// The engine goes on, as [`Effect::ContinueLater`] asked for: the messages that were waiting
    /// then have been handled.
    Continue,
    /// A life has reported that it is up.
    Ready(Key, u64),
    /// A life has dropped its context before it was ready.
    Abandoned(Key, u64),
    /// A task that a life has spawned has panicked.
    TaskFailed(Key, u64, Box<ExitReason>),
    /// The own code of a life has ended for this reason, or was dropped, and tasks that it has spawned
    /// are still to end.
    TasksLeft(Key, u64, Option<Box<ExitReason>>),
    /// A running supervisor has become the life of this child, or has not, because of this refusal.
    Adopted(Key, u64, Option<Box<Refusal>>),
    /// A life has ended: its task is gone, with everything that the task held.
    Exited(Key, u64, Exit),
    /// A life has given its last heartbeat at this instant, as the driver has looked up for
    /// [`Effect::CheckHeartbeat`].
    LastHeartbeat(Key, u64, PackedInstant),
    /// A child's start is tried again, as [`Effect::RetryLater`] asked for: the messages that were
    /// waiting then have been handled.
    Retry(Key, u32),
    /// A user has sent an order. (Boxed: exits are many, orders few.)
    Order(Box<Order<R>>),
    /// The supervisor is to stop in order after this time, in which its children go on.
    Drain(Duration),
    /// The supervisor is to stop in order.
    Stop,
    /// At this instant, what has not ended is to be stopped at once.
    EndBy(PackedInstant),
    /// The supervisor is to stop everything at once.
    Kill,
    /// No life of the supervisor follows this one by itself: a child that has ended stays down.
    NoReturn,
    /// Time has passed.
    Tick,
}

/// The end of a life, as its task reports it.
#[derive(Clone, Debug)]
pub(crate) enum Exit {
    /// `run` returned or panicked.
    Returned(ExitReason),
    /// The task was dropped.
    Dropped,
}

/// A command about one child that the supervisor already has.
#[derive(Debug)]
pub(crate) struct Order<R> {
    pub(crate) subject: Subject,
    pub(crate) verb: Verb,
    /// The child of this supervisor in a task of which, or of a child below it, the caller waits.
    pub(crate) caller: Option<Key>,
    pub(crate) reply: R,
}

/// The child that an order is about.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Name(Name),
    /// The key that a `ChildRef` has of its child.
    Key(Key),
}

/// The operation that an order asks for.
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    /// `terminate_child`.
    Terminate,
    /// `terminate_child` of a child that is a supervisor, with a limit to its time.
    TerminateBy(Limit),
    /// `restart_child`: starts a child that is down.
    Restart,
    /// `delete_child`.
    Delete,
    /// `ChildRef::restart`: stops and starts the child, which does not count as a restart.
    StopAndStart,
    /// Ends the child's life as a failure that counts: `ChildRef::kill` with the reason `Killed`,
    /// and the functions of `testing` with reasons of their own.
    Fail(ExitReason),
    /// Opens the gate of a child, and starts the child.
    #[cfg(feature = "lease")]
    Open,
    /// Shuts the gate of a child, and stops the child, which is no failure and waits for nothing.
    #[cfg(feature = "lease")]
    Shut,
}

impl Verb {
    /// Returns `true` for an order that stops a child for good.
    pub(super) fn terminates(&self) -> bool {
        matches!(self, Self::Terminate | Self::TerminateBy(_))
    }
}

/// The limit to the time in which a supervisor stops, whatever times its children have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Kills all that has not ended at this instant.
    At(PackedInstant),
    /// Kills everything at once.
    Now,
}

impl Limit {
    /// Returns the event that limits a stop that is under way.
    pub(crate) fn event<R>(self) -> Event<R> {
        match self {
            Self::At(at) => Event::EndBy(at),
            Self::Now => Event::Kill,
        }
    }
}

/// A command that brings new children.
#[derive(Debug)]
pub(crate) enum Addition<C, R> {
    /// `add_child`, and `add_worker` of a pool. A `running` child is an adopted supervisor, which
    /// keeps its life.
    One {
        rules: Arc<ChildRules>,
        generation: u64,
        running: bool,
        data: C,
        /// The siblings that the child uses, under `order = by_use`.
        after: Box<[Name]>,
        caller: Option<Key>,
        reply: R,
    },
    /// `add_workers`, of a pool whose workers are up once they are spawned.
    Many { rules: Arc<ChildRules>, workers: Vec<C>, caller: Option<Key>, reply: R },
}

/// The outcome of a command.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Done,
    /// The child declined its start: OTP's `ignore`.
    Declined,
    /// The number of children that were added, and the refusal of the next one.
    Added(usize, Option<Box<Refusal>>),
    Refused(Refusal),
}

/// The reason why a command was not carried out.
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
    /// The supervisor that is to be adopted is being stopped as a root.
    ChildShuttingDown,
    /// The supervisor that is to be adopted has ended as a root.
    ChildEnded(Box<ExitReason>),
    /// The child is to be started after this sibling, which the supervisor does not have.
    NoSibling(Name),
    /// The child is behind a gate that is shut.
    Standby,
    /// The command comes from a child for which the supervisor waits, and so would wait for itself.
    FromInside,
}

/// An action that the driver has to carry out.
#[derive(Debug)]
pub(crate) enum Effect<C, R> {
    /// Show this state of the child to its users. `Spawn`, `Adopt`, `Ask`, `Abort`, `Forgotten` and a
    /// notice that closes a child need no `Show`: the driver shows the state that they lead to.
    Show(Key, Shown),
    Spawn {
        child: Key,
        generation: u64,
        /// `true` if the life counts as a restart once it is up.
        restarts: bool,
    },
    /// Make a running supervisor the life of this child, and send [`Event::Adopted`].
    Adopt(Key),
    /// Send the life a shutdown request; a life that has never looked at its shutdown signal is
    /// dropped at once.
    Ask(Key),
    /// Have the life receive the messages that are queued, before it learns of the request that
    /// follows.
    DrainMailbox(Key),
    /// Drop the life; for a supervisor: stop all lives below that supervisor at once.
    Abort(Key),
    /// Look up the instant of the life's last heartbeat, and send [`Event::LastHeartbeat`].
    CheckHeartbeat(Key),
    /// Limit the stop of a child that is a supervisor.
    Limit(Key, Limit),
    /// Send a child that is a supervisor [`Event::NoReturn`].
    NoReturn(Key),
    /// Send [`Event::Retry`] behind the messages that are already waiting.
    RetryLater(Key, u32),
    /// Send [`Event::Continue`] behind the messages that are already waiting.
    ContinueLater,
    /// Close the child's mailbox: no life is pending, and messages go back to their senders.
    Close(Key),
    /// Take the forgotten child with [`Engine::take_forgotten`](super::Engine::take_forgotten).
    Forgotten(Key),
    /// Dispose of the driver's part of a child: the addition that carried it was refused.
    Refused(Box<C>),
    Answer(R, Answer),
    /// Report the notice to subscribers and to the log.
    Notify(Notice),
    /// All children have started.
    Started,
    /// The supervisor has ended; only answers, refusals and shown states follow.
    Ended(Box<Ending>),
}

impl<C, R> Effect<C, R> {
    /// Returns the child of which the driver shows a new state when it carries out this effect.
    pub(crate) fn shows(&self) -> Option<Key> {
        match self {
            Self::Show(key, _)
            | Self::Spawn { child: key, .. }
            | Self::Adopt(key)
            | Self::Ask(key)
            | Self::Abort(key)
            | Self::Notify(Notice::Terminated { child: key, closes: true, .. }) => Some(*key),
            _ => None,
        }
    }
}

/// The state of a child that its users see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Is(ChildState),
    /// The child has no life, and comes back only after what its supervisor does now: once its group
    /// or its supervisor has been stopped and is started again, or once its exit or another attempt
    /// to start it has its turn. Users see [`ChildState::Restarting`].
    Held,
}

impl Shown {
    /// Returns the state as users see it.
    pub(crate) fn state(self) -> ChildState {
        match self {
            Self::Is(state) => state,
            Self::Held => ChildState::Restarting,
        }
    }
}

/// A report for subscribers and the log.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// The start of the child waits until these siblings are up.
    StartWaits {
        child: Key,
        on: Box<[Key]>,
    },
    /// The stop of the child waits until these siblings have ended.
    StopWaits {
        child: Key,
        on: Box<[Key]>,
    },
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
        /// `true` if the stop of the supervisor has ended the life, and none follows: the driver shows
        /// the child as stopped, and closes its mailbox after the report.
        closes: bool,
    },
    Delayed {
        child: Key,
        delay: Duration,
        left: Option<u32>,
    },
    /// The life took too long to stop, so it is dropped.
    TimedOut(Key),
    /// The life goes on although it was dropped.
    NotStopped(Key),
    /// A life that could not be stopped has ended after all.
    StoppedLate(Key),
    MaxRestartsExceeded {
        child: Key,
        reason: ExitReason,
    },
    /// The supervisor stops after this time, in which its children go on.
    Draining(Duration),
    Stopping,
    /// The time for the whole stop is over, and what has not ended is stopped at once.
    OutOfTime,
}

impl Notice {
    /// Returns the child that the notice is about, if it is not about the supervisor.
    pub(crate) fn child(&self) -> Option<Key> {
        match self {
            Self::StartWaits { child, .. }
            | Self::StopWaits { child, .. }
            | Self::Started(child)
            | Self::Restarted { child, .. }
            | Self::Declined(child)
            | Self::StartFailed { child, .. }
            | Self::Terminated { child, .. }
            | Self::Delayed { child, .. }
            | Self::TimedOut(child)
            | Self::NotStopped(child)
            | Self::StoppedLate(child)
            | Self::MaxRestartsExceeded { child, .. } => Some(*child),
            Self::Draining(_) | Self::Stopping | Self::OutOfTime => None,
        }
    }
}

/// The reason why a supervisor ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// The supervisor was asked to end, or its significant children had ended.
    Shutdown,
    /// The supervisor gave up because of this child.
    GaveUp { name: Name, reason: ExitReason },
    /// This child did not start when the supervisor did.
    StartFailed { name: Name, reason: ExitReason },
    /// The supervisor's runtime is going away.
    RuntimeGone,
}
