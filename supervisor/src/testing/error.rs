//! The errors of `testing`.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::event_list::EventList;
use super::report::ChaosFailure;
use crate::error::SupervisorError;
use crate::observe::Event;
use crate::spec::{ChildPath, ChildState, Escaped};
use crate::supervisor::LookupError;

/// Error of a call of this module: a crash that was not possible, or a wait in vain.
///
/// `Debug` prints the same as `Display`: the error is meant to end a test, by `?` or by `unwrap`.
#[derive(Clone)]
#[non_exhaustive]
pub enum Error {
    /// There is no such child; the path ends with the first name that the tree does not have.
    NotFound(ChildPath),
    /// The child is in this state, without a life that could be ended.
    NotRunning(ChildPath, ChildState),
    /// The child is a supervisor, which cannot fail by itself: it fails when its children do, or is
    /// killed.
    IsSupervisor(ChildPath),
    /// The child is a thread or a process, which goes on although its task is not polled.
    CannotHang(ChildPath),
    /// The child's supervisor refused the order.
    Refused(SupervisorError),
    /// The awaited event or state was not seen within the limit.
    TimedOut(Missing),
    /// The tree has ended, so that the awaited event or state cannot be seen any more.
    Ended(Missing),
    /// A chaos run found a fault in the tree.
    Chaos(Box<ChaosFailure>),
}

impl Error {
    /// Returns the path of the child that the error is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&ChildPath> {
        match self {
            Self::NotFound(path)
            | Self::NotRunning(path, _)
            | Self::IsSupervisor(path)
            | Self::CannotHang(path) => Some(path),
            Self::Refused(error) => error.path(),
            Self::TimedOut(_) | Self::Ended(_) | Self::Chaos(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "there is no child `{path}`"),
            Self::NotRunning(path, state) => write!(f, "child `{path}` is not running: {state}"),
            Self::IsSupervisor(path) => write!(
                f,
                "`{path}` is a supervisor, which fails by its children: use `testing::kill`"
            ),
            Self::CannotHang(path) => write!(
                f,
                "child `{path}` cannot be made to hang: it is a thread or a process of its own"
            ),
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::TimedOut(missing) => {
                write!(f, "waited {:?} in vain for {missing}", missing.limit)
            }
            Self::Ended(missing) => write!(f, "the tree ended without {missing}"),
            Self::Chaos(failure) => fmt::Display::fmt(failure, f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Refused(error) => error.source(),
            _ => None,
        }
    }
}

impl From<SupervisorError> for Error {
    fn from(error: SupervisorError) -> Self {
        Self::Refused(error)
    }
}

impl From<LookupError> for Error {
    fn from(error: LookupError) -> Self {
        Self::NotFound(error.path().clone())
    }
}

/// The account of a wait in vain: the thing that was awaited, and the events that happened instead.
#[derive(Clone, Debug)]
pub struct Missing {
    pub(super) what: String,
    pub(super) limit: Duration,
    pub(super) seen: Vec<Event>,
}

impl Missing {
    /// Returns the description of the thing that was awaited.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns the limit of the wait, on tokio's clock.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns the events that happened instead, in order.
    #[must_use]
    pub fn seen(&self) -> &[Event] {
        &self.seen
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", Escaped(&self.what), EventList(&self.seen))
    }
}
