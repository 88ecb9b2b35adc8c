//! How a child is stopped.

use std::fmt;
use std::time::Duration;

use crate::event::EventKind;
use crate::hub::Events;
use crate::path::ChildPath;

/// How long a child may take to stop before it is aborted.
///
/// To be stopped means: the child is asked ([`Context::shutdown_requested`] completes, `recv`
/// gives `None`), and after its time it is aborted, that is, dropped at its next await point.
/// A child that never looked at its shutdown signal is dropped at once: there is no use in
/// waiting for what cannot notice.
///
/// ```
/// use std::time::Duration;
/// use supervisor::Shutdown;
///
/// assert_eq!(Shutdown::from(Duration::from_secs(2)), Shutdown::Timeout(Duration::from_secs(2)));
/// assert_eq!(Shutdown::Timeout(Duration::from_millis(1500)).to_string(), "1.5s");
/// ```
///
/// [`Context::shutdown_requested`]: crate::Context::shutdown_requested
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// Aborted without being asked.
    BrutalKill,
    /// Asked, and aborted after this time. The default is five seconds.
    Timeout(Duration),
    /// Asked, and waited for without a limit. The default of nested supervisors.
    Infinity,
}

impl Shutdown {
    /// What a worker has unless it says otherwise: five seconds, as in OTP.
    pub const WORKER: Self = Self::Timeout(Duration::from_secs(5));
    /// What a nested supervisor has unless it says otherwise, as in OTP.
    pub const SUPERVISOR: Self = Self::Infinity;
}

impl From<Duration> for Shutdown {
    fn from(time: Duration) -> Self {
        Self::Timeout(time)
    }
}

impl fmt::Display for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrutalKill => f.pad("brutal_kill"),
            Self::Timeout(time) => f.pad(&format!("{time:?}")),
            Self::Infinity => f.pad("infinity"),
        }
    }
}

/// Which children did not stop by themselves when a supervisor was shut down.
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
#[derive(Clone, Debug, Default)]
pub struct ShutdownReport {
    killed: Vec<(ChildPath, Duration)>,
    not_stopped: Vec<(ChildPath, Duration)>,
}

impl ShutdownReport {
    pub(crate) fn from_events(events: &mut Events) -> Self {
        let mut report = Self::default();
        while let Some(event) = events.try_next() {
            match event.kind() {
                EventKind::ChildKilled { after } => {
                    report.killed.push((event.path().clone(), *after));
                }
                EventKind::ChildNotStopped { after } => {
                    report.not_stopped.push((event.path().clone(), *after));
                }
                _ => {}
            }
        }
        report
    }

    /// Whether all children stopped within their time.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.killed.is_empty() && self.not_stopped.is_empty()
    }

    /// The children that had to be dropped since they did not stop within their time, and how
    /// long each had.
    pub fn killed(&self) -> impl Iterator<Item = (&ChildPath, Duration)> {
        self.killed.iter().map(|(path, after)| (path, *after))
    }

    /// The children that still run, since they block their threads, and how long each was waited
    /// for. They are in [`killed`](Self::killed) too.
    pub fn not_stopped(&self) -> impl Iterator<Item = (&ChildPath, Duration)> {
        self.not_stopped.iter().map(|(path, after)| (path, *after))
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("all children stopped in time");
        }
        for (path, after) in &self.killed {
            writeln!(f, "`{path}` did not stop within {after:?}")?;
        }
        for (path, after) in &self.not_stopped {
            writeln!(f, "`{path}` still runs after {after:?}")?;
        }
        Ok(())
    }
}
