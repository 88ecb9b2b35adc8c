//! Answers to queries about a supervisor and its children.

use std::time::Duration;

use crate::spec::{Backoff, ChildKind, ChildState, RestartPolicy, Shutdown};

/// One child, as `which_children` lists it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name; a pool's worker has a number: `#17`.
    pub name: String,
    /// Whether it is a worker or a supervisor.
    pub kind: ChildKind,
    /// Where it stands.
    pub state: ChildState,
    /// The number of its current or last life; 0 before the first.
    pub incarnation: u64,
}

/// How many children a supervisor has, as `count_children` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCount {
    /// All that have a specification; 1 for a pool, which has its template.
    pub specs: usize,
    /// Those that have a life.
    pub active: usize,
    /// The supervisors among all, alive or not.
    pub supervisors: usize,
    /// The workers among all, alive or not.
    pub workers: usize,
}

/// What a child's specification says, with all defaults filled in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildSpecInfo {
    /// Its name.
    pub name: String,
    /// Whether it is a worker or a supervisor.
    pub kind: ChildKind,
    /// When it is restarted.
    pub restart: RestartPolicy,
    /// How it is stopped.
    pub shutdown: Shutdown,
    /// How long its restarts wait, if they do.
    pub backoff: Option<Backoff>,
    /// Whether its end counts for `auto_shutdown`.
    pub significant: bool,
}

/// Figures of one supervisor. Totals count since it was built, over all its lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupervisorStats {
    /// How often its children were restarted.
    pub restarts: u64,
    /// How often its children ended abnormally without being asked to stop.
    pub failures: u64,
    /// How long its current life has lasted; zero when it does not run.
    pub uptime: Duration,
    /// Children that run.
    pub running: usize,
    /// Children that have been started and are not up yet.
    pub starting: usize,
    /// Children that will be started again.
    pub restarting: usize,
    /// Children that have been asked to stop.
    pub stopping: usize,
    /// Children that are down.
    pub stopped: usize,
    /// Children that could not be stopped.
    pub unstoppable: usize,
}

impl SupervisorStats {
    /// All children, in whatever state.
    #[must_use]
    pub fn children(&self) -> usize {
        self.running
            + self.starting
            + self.restarting
            + self.stopping
            + self.stopped
            + self.unstoppable
    }
}
