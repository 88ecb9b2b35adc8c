//! What a test is told when something did not happen.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::chaos::ChaosFailure;
use crate::error::SupervisorError;
use crate::observe::Event;
use crate::spec::{ChildPath, ChildState};
use crate::supervisor::LookupError;

/// Why a call of this module did not do, or did not see, what it was asked for.
///
/// Its `Debug` prints the same as its `Display`: it is meant to end a test, by `?` or by `unwrap`.
#[derive(Clone)]
#[non_exhaustive]
pub enum Error {
    /// There is no such child; the path is that of the first name that leads nowhere.
    NotFound(ChildPath),
    /// The child has no life now that could end: this is its state.
    NotRunning(ChildPath, ChildState),
    /// A supervisor fails when its children do, or is killed.
    IsSupervisor(ChildPath),
    /// The child is a thread or a process, which goes on whatever is done to its task.
    CannotHang(ChildPath),
    /// The child's supervisor did not do it.
    Refused(SupervisorError),
    /// It did not happen in time.
    TimedOut(Missing),
    /// It cannot happen any more: the tree has ended.
    Ended(Missing),
    /// A chaos run found something.
    Chaos(Box<ChaosFailure>),
}

impl Error {
    /// The child that it is about, if it is about one.
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

/// What did not happen, and what happened instead.
#[derive(Clone, Debug)]
pub struct Missing {
    pub(super) what: String,
    pub(super) limit: Duration,
    pub(super) seen: Vec<Event>,
}

impl Missing {
    /// What was waited for.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// How long, on tokio's clock.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// What happened instead, in order.
    #[must_use]
    pub fn seen(&self) -> &[Event] {
        &self.seen
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, Story(&self.seen))
    }
}

/// How many events an error prints.
const SHOWN: usize = 20;

/// The last events, a line each.
pub(super) struct Story<'a>(pub(super) &'a [Event]);

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing happened");
        }
        f.write_str("this happened:")?;
        let hidden = self.0.len().saturating_sub(SHOWN);
        if hidden > 0 {
            write!(f, "\n  … ({hidden} more events)")?;
        }
        self.0.iter().skip(hidden).try_for_each(|event| write!(f, "\n  {event}"))
    }
}
