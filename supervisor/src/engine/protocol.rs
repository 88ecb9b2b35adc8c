//! What goes into the engine and what comes out of it.

use std::time::Duration;

use tokio::time::Instant;

use super::children::Key;
use super::commands::{Answer, Command};
use crate::exit::ExitReason;
use crate::path::Name;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event<C, R> {
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
    /// A life showed no sign of life within this time.
    Hung(Key, u64, Duration),
    /// A life gave its last sign of life then.
    Alive(Key, u64, Instant),
    /// A retry that the engine had put behind what was waiting then.
    Retry(Key, u32),
    /// (Boxed: exits are many, commands few.)
    Command(Box<Command<C, R>>),
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

/// Something to do.
#[derive(Debug)]
pub(crate) enum Effect<C, R> {
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
    Tell(Notice),
    /// All children have started.
    Started,
    /// Everything has ended. Nothing follows.
    Ended(Box<Ending>),
}

/// What is worth telling subscribers and the log.
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
    /// The child that it is about, if it is not about the supervisor.
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
