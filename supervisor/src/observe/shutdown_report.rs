//! The report of a shutdown.

use std::fmt;
use std::time::Duration;

use crate::spec::{ChildPath, ExitReason};

/// The children that did not stop by themselves, or not well, when a supervisor was shut down.
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
    failed: Vec<(ChildPath, ExitReason)>,
}

impl ShutdownReport {
    /// Makes a report of children that were killed, of children that still run, and of children whose
    /// clean-up failed.
    pub(crate) fn new(
        killed: Vec<(ChildPath, Duration)>,
        not_stopped: Vec<(ChildPath, Duration)>,
        failed: Vec<(ChildPath, ExitReason)>,
    ) -> Self {
        Self { killed, not_stopped, failed }
    }

    /// Returns whether all children stopped within their time, and none with an error.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.killed.is_empty() && self.not_stopped.is_empty() && self.failed.is_empty()
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

    /// Returns the children whose clean-up failed: they ended with an error, a panic, or a bad exit
    /// status after they were asked to stop. What they were to flush may be lost.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// # use supervisor::prelude::*;
    /// let journal = ChildSpec::new("journal").with_task(async |ctx: Context| {
    ///     ctx.shutdown_requested().await;
    ///     Err("no space left on device".into())
    /// });
    /// let supervisor = Supervisor::new().with_child(journal).build();
    /// supervisor.start().await?;
    /// # tokio::task::yield_now().await;
    /// let report = supervisor.shutdown().await?;
    /// let failed: Vec<_> = report.failed().map(|(path, why)| format!("{path}: {why}")).collect();
    /// assert_eq!(failed, ["journal: error: no space left on device"]);
    /// assert!(!report.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    pub fn failed(&self) -> impl Iterator<Item = (&ChildPath, &ExitReason)> {
        self.failed.iter().map(|(path, reason)| (path, reason))
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
        let mut separator = "";
        for (path, took, what) in killed.chain(left) {
            write!(f, "{separator}`{path}` {what} {took:?}")?;
            separator = "\n";
        }
        for (path, reason) in &self.failed {
            write!(f, "{separator}`{path}` failed in its clean-up: {reason}")?;
            separator = "\n";
        }
        Ok(())
    }
}
