//! The steps of a script.

use serde::{Deserialize, Serialize};

use super::{Child, OnShutdown, Start};

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Makes a worker end by itself.
    End {
        /// The worker's path; `pool/#2` is the second worker ever added to `pool`.
        child: String,
        /// The way in which the worker ends.
        how: End,
    },
    /// Performs several steps that concern one supervisor, all pending before it sees the first.
    ///
    /// None of them may kill a child: a kill is a message to the supervisor in this library, and a
    /// signal to the child in Erlang.
    AtOnce {
        /// The steps, in the order in which the supervisor sees them.
        steps: Vec<Step>,
    },
    /// Adds a child as the last of a supervisor.
    AddChild {
        /// The path of the supervisor; `/` is the root.
        supervisor: String,
        /// The child that is added.
        spec: Box<Child>,
    },
    /// Adds a worker to a `simple_one_for_one` supervisor.
    AddWorker {
        /// The path of the pool.
        supervisor: String,
        /// The worker's own starts, instead of the template's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts: Option<Vec<Start>>,
        /// The worker's own answer to a shutdown request, instead of the template's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_shutdown: Option<OnShutdown>,
    },
    /// Stops a child and keeps its specification.
    TerminateChild {
        /// The child's path.
        child: String,
    },
    /// Starts a child that does not run.
    RestartChild {
        /// The child's path.
        child: String,
    },
    /// Deletes a child that does not run.
    DeleteChild {
        /// The child's path.
        child: String,
    },
    /// Reads a child's specification.
    ChildSpec {
        /// The child's path.
        child: String,
    },
    /// Lists the children of a supervisor.
    WhichChildren {
        /// The supervisor's path.
        supervisor: String,
    },
    /// Counts the children of a supervisor.
    CountChildren {
        /// The supervisor's path.
        supervisor: String,
    },
    /// Shuts the tree down.
    Shutdown {},
}

/// The way in which a worker ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum End {
    Normal,
    Shutdown,
    Failed,
    Killed,
}

impl Step {
    /// Returns the steps of an `AtOnce`, or the step itself.
    #[must_use]
    pub fn single(&self) -> &[Self] {
        match self {
            Self::AtOnce { steps } => steps,
            _ => std::slice::from_ref(self),
        }
    }

    /// Returns the path of the supervisor that the step concerns, `""` for the root.
    #[must_use]
    pub fn supervisor(&self) -> &str {
        match self {
            Self::End { child, .. }
            | Self::TerminateChild { child }
            | Self::RestartChild { child }
            | Self::DeleteChild { child }
            | Self::ChildSpec { child } => child.rsplit_once('/').map_or("", |(parent, _)| parent),
            Self::AddChild { supervisor, .. }
            | Self::AddWorker { supervisor, .. }
            | Self::WhichChildren { supervisor }
            | Self::CountChildren { supervisor } => {
                supervisor.strip_prefix('/').unwrap_or(supervisor)
            }
            Self::AtOnce { steps } => steps.first().map_or("", Self::supervisor),
            Self::Shutdown {} => "",
        }
    }
}
