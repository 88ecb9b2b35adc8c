//! Answers to queries about a supervisor and its children.

use std::time::Duration;

use crate::spec::{
    Backoff, ChildKind, ChildName, ChildState, HealthPart, MaxRestarts, RestartPolicy, Shutdown,
    StartMode,
};

/// A child, as [`which_children`](crate::Supervisor::which_children) lists it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// The child's name; a pool's worker has a number: `#17`.
    pub name: ChildName,
    /// The child's kind: worker or supervisor.
    pub kind: ChildKind,
    /// The child's current state.
    pub state: ChildState,
    /// The number of the child's current or last life; 0 before the first.
    pub incarnation: u64,
}

/// The numbers of a supervisor's children, as
/// [`count_children`](crate::Supervisor::count_children) counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCount {
    /// The number of specifications; 1 for a pool, which has its template.
    pub specs: usize,
    /// The number of children that have a life.
    pub active: usize,
    /// The number of children that are supervisors, alive or not.
    pub supervisors: usize,
    /// The number of children that are workers, alive or not.
    pub workers: usize,
}

/// A child's specification, with all defaults filled in, as
/// [`child_spec`](crate::Supervisor::child_spec) returns it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildSpecInfo {
    /// The child's name.
    pub name: ChildName,
    /// The child's kind: worker or supervisor.
    pub kind: ChildKind,
    /// The policy by which the child is restarted.
    pub restart: RestartPolicy,
    /// The way in which the child is stopped.
    pub shutdown: Shutdown,
    /// The delays of the child's restarts, if they are delayed.
    pub backoff: Option<Backoff>,
    /// The number of restarts within its supervisor's window after which the child alone is given up;
    /// `None` if its restarts count as its supervisor's.
    pub max_restarts: Option<MaxRestarts>,
    /// The condition under which the child counts as started; [`Spawned`](StartMode::Spawned) for a
    /// supervisor, which is started when all its children are.
    pub start: StartMode,
    /// The time within which the child has to report that it is up, if it has to report.
    pub start_timeout: Option<Duration>,
    /// The time without a heartbeat after which the child is considered hung, if there is one.
    pub heartbeat: Option<Duration>,
    /// The part that the child has in the health of its tree.
    pub health: HealthPart,
    /// `true` if the child's end counts for `auto_shutdown`.
    pub significant: bool,
    /// `true` if the child receives the messages that are queued when it is stopped for good.
    pub drain: bool,
}

/// Figures of one supervisor. Totals count since the supervisor was built, over all its lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupervisorStats {
    /// The number of restarts of its children.
    pub restarts: u64,
    /// The number of times that a child ended abnormally without being asked to stop; a start that
    /// has failed counts too.
    pub failures: u64,
    /// The time since its current life began; zero when it does not run.
    pub uptime: Duration,
    /// The number of children that run.
    pub running: usize,
    /// The number of children that have been started and are not up yet.
    pub starting: usize,
    /// The number of children that will be started again.
    pub restarting: usize,
    /// The number of children that have been asked to stop.
    pub stopping: usize,
    /// The number of children that were stopped and stay down.
    pub stopped: usize,
    /// The number of children that were never started.
    pub not_started: usize,
    /// The number of children that have ended by themselves and stay down.
    pub finished: usize,
    /// The number of children that have failed more often than their own `max_restarts` allow.
    pub failed: usize,
    /// The number of children that wait for a lease.
    pub standby: usize,
    /// The number of children that could not be stopped.
    pub unstoppable: usize,
}

impl SupervisorStats {
    /// Returns the number of all children, whatever their state.
    #[must_use]
    pub fn children(&self) -> usize {
        self.running
            + self.starting
            + self.restarting
            + self.stopping
            + self.stopped
            + self.not_started
            + self.finished
            + self.failed
            + self.standby
            + self.unstoppable
    }
}
