//! The actions of a timeline, which happen while the tree starts, runs and stops.

use serde::{Deserialize, Serialize};

use super::{End, Step};

/// An action, and the tick at which it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed {
    /// The tick. The tree is started at tick 0. What happens at one tick happens in this order:
    /// what the lives of children do, then the actions as they are listed. Everything has come of
    /// one before the next happens.
    pub at: u32,
    /// The action.
    #[serde(flatten)]
    pub action: Action,
}

/// An action of a timeline. One whose child does not run, or whose supervisor does not, is passed
/// over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Sends a request to a worker, and waits for the answer.
    Ask {
        /// The worker that asks, in its normal run; nobody in the tree unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The path of the worker that is asked.
        to: String,
        /// `true` if the worker that is asked keeps the request, and never answers.
        #[serde(default, skip_serializing_if = "super::is_default")]
        keep: bool,
        /// The ticks to wait for the answer.
        #[serde(default = "patience", skip_serializing_if = "is_patience")]
        within: u32,
    },
    /// Sends a message to a worker.
    Send {
        /// The path of the worker.
        to: String,
    },
    /// Kills the life of the moment of a worker, whatever that life does, or of a nested
    /// supervisor that is not being stopped.
    Kill {
        /// The path of the worker or supervisor.
        child: String,
    },
    /// Makes a worker end by itself, unless it is starting or stopping.
    End {
        /// The worker's path.
        child: String,
        /// The way in which the worker ends; not `killed`.
        how: End,
    },
    /// See [`Step::TerminateChild`].
    TerminateChild {
        /// The child's path.
        child: String,
    },
    /// See [`Step::RestartChild`].
    RestartChild {
        /// The child's path.
        child: String,
    },
    /// See [`Step::DeleteChild`].
    DeleteChild {
        /// The child's path.
        child: String,
    },
    /// Shuts the tree down.
    Shutdown {},
}

/// The ticks that an ask waits unless told otherwise, also in the start or clean-up of a life.
pub const PATIENCE: u32 = 5;

fn patience() -> u32 {
    PATIENCE
}

// `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_patience(within: &u32) -> bool {
    *within == PATIENCE
}

impl Action {
    /// Returns the action as a step of a script, if it is a command to a supervisor.
    #[must_use]
    pub fn command(&self) -> Option<Step> {
        Some(match self.clone() {
            Self::TerminateChild { child } => Step::TerminateChild { child },
            Self::RestartChild { child } => Step::RestartChild { child },
            Self::DeleteChild { child } => Step::DeleteChild { child },
            Self::Ask { .. }
            | Self::Send { .. }
            | Self::Kill { .. }
            | Self::End { .. }
            | Self::Shutdown {} => return None,
        })
    }
}
