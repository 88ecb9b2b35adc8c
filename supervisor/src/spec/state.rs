//! The kind and the state of a child, as its users see them.

use std::fmt;

/// Whether a child is a worker or a supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildKind {
    /// A task of the user's.
    Worker,
    /// A nested supervisor.
    Supervisor,
}

/// A child's state as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildState {
    /// It has been started and has not reported yet.
    Starting,
    /// It runs.
    Running,
    /// It has been asked to stop.
    Stopping,
    /// It has ended and will be started again.
    Restarting,
    /// It has ended, was stopped, or was never started.
    Stopped,
    /// It could not be stopped.
    Unstoppable,
}

impl ChildState {
    /// The word for it in logs and pictures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
            Self::Stopped => "stopped",
            Self::Unstoppable => "unstoppable",
        }
    }
}

impl fmt::Display for ChildState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
