//! What a script does.

use serde::{Deserialize, Serialize};

use super::{Child, OnShutdown, Start};

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// A worker ends by itself.
    End {
        /// Its path; `pool/#2` is the second worker ever added to `pool`.
        child: String,
        /// How it ends.
        how: End,
    },
    /// Several steps that concern one supervisor, all pending before it sees the first.
    ///
    /// Nothing is killed among them: to kill a child is a request to its supervisor here, and a
    /// signal to the child in Erlang.
    AtOnce {
        /// In the order in which it sees them.
        steps: Vec<Step>,
    },
    /// Adds a child as the last of a supervisor.
    AddChild {
        /// The path of the supervisor; `/` is the root.
        supervisor: String,
        /// What is added.
        spec: Box<Child>,
    },
    /// Adds a worker to a `simple_one_for_one` supervisor.
    AddWorker {
        /// The path of the pool.
        supervisor: String,
        /// Its own starts, instead of the template's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts: Option<Vec<Start>>,
        /// Its own answer to a request to stop, instead of the template's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_shutdown: Option<OnShutdown>,
    },
    /// Stops a child and keeps its specification.
    TerminateChild {
        /// Its path.
        child: String,
    },
    /// Starts a child that does not run.
    RestartChild {
        /// Its path.
        child: String,
    },
    /// Forgets a child that does not run.
    DeleteChild {
        /// Its path.
        child: String,
    },
    /// Reads a child's specification.
    ChildSpec {
        /// Its path.
        child: String,
    },
    /// Lists the children of a supervisor.
    WhichChildren {
        /// Its path.
        supervisor: String,
    },
    /// Counts the children of a supervisor.
    CountChildren {
        /// Its path.
        supervisor: String,
    },
    /// Shuts the tree down.
    Shutdown {},
}

/// How a worker ends by itself.
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
    /// The steps of one at once, or the step itself.
    #[must_use]
    pub fn single(&self) -> &[Self] {
        match self {
            Self::AtOnce { steps } => steps,
            _ => std::slice::from_ref(self),
        }
    }

    /// The path of the supervisor which the step concerns, `""` for the root.
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
