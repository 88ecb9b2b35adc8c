//! The report of a shutdown.

use std::fmt;
use std::time::Duration;

use crate::spec::ChildPath;

/// The children that did not stop by themselves when a supervisor was shut down.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// # use supervisor::prelude::*;
/// let supervisor = Supervisor::new().build();
/// supervisor.start().await?;
/// let report = supervisor.shutdown().await?;
/// assert!(report.is_clean());
/// # Ok(())
/// # }
/// ```
///
/// All callers that wait for the same shutdown get the same report. It covers everything below the
/// supervisor, from the beginning of the stop to its end, also if the supervisor ended by itself.
#[derive(Clone, Debug, Default)]
pub struct ShutdownReport {
    killed: Vec<(ChildPath, Duration)>,
    not_stopped: Vec<(ChildPath, Duration)>,
}

impl ShutdownReport {
    /// Makes a report of children that were killed, and of children that still run.
    pub(crate) fn new(
        killed: Vec<(ChildPath, Duration)>,
        not_stopped: Vec<(ChildPath, Duration)>,
    ) -> Self {
        Self { killed, not_stopped }
    }

    /// Returns whether all children stopped within their time.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.killed.is_empty() && self.not_stopped.is_empty()
    }

    /// Returns the children that had to be dropped since they did not stop within their time, each
    /// with the time from the request to the end of its life.
    ///
    /// A child that is still running is in [`not_stopped`](Self::not_stopped) too; its time ends
    /// now.
    pub fn killed(&self) -> impl Iterator<Item = (&ChildPath, Duration)> {
        self.killed.iter().map(|(path, took)| (path, *took))
    }

    /// Returns the children that still run, since they block their threads, each with the time
    /// since it was asked to stop.
    ///
    /// A child that could not be stopped earlier, when its supervisor went on without it, is listed
    /// as long as it runs.
    pub fn not_stopped(&self) -> impl Iterator<Item = (&ChildPath, Duration)> {
        self.not_stopped.iter().map(|(path, took)| (path, *took))
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("all children stopped in time");
        }
        let still_runs = |path| self.not_stopped.iter().any(|(other, _)| other == path);
        let killed = self.killed.iter().filter(|(path, _)| !still_runs(path));
        let killed = killed.map(|(path, took)| (path, took, "had to be killed; it ended after"));
        let left = self.not_stopped.iter().map(|(path, took)| (path, took, "still runs after"));
        for (index, (path, took, what)) in killed.chain(left).enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}`{path}` {what} {took:?}")?;
        }
        Ok(())
    }
}
