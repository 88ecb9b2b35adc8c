//! The numbers with which a tree is deployed: how long a stop and a start may take, for Kubernetes and
//! systemd.
//!
//! [`Shop::deployment()`](crate::supervision_tree!) of a declared tree adds them up; its files can be
//! [printed](Deployment::kubernetes), or, with the feature `deployment-checks`, files that are written by
//! hand are checked against them.
//!
//! ```
//! # #[cfg(feature = "macros")] {
//! use std::time::Duration;
//! use supervisor::prelude::*;
//!
//! # async fn worker(ctx: Context) -> ChildResult { ctx.shutdown_requested().await; Ok(()) }
//! supervision_tree! {
//!     Shop: one_for_one(restart_window = 60s) {
//!         database: Always(shutdown = 10s, start = notify, start_timeout = 20s) = worker,
//!         orders: Always(shutdown = 25s) = worker,
//!     }
//! }
//!
//! # fn main() -> Result<(), supervisor::deployment::UnboundedTime> {
//! let deployment = Shop::deployment()?;
//! // 10 s and 25 s, a second for a child that cannot be stopped, and a margin of a tenth
//! assert_eq!(deployment.stop_timeout(), Duration::from_secs(40));
//! assert_eq!(deployment.start_timeout(), Duration::from_secs(22));
//! println!("{}", deployment.kubernetes());
//! println!("{}", deployment.systemd("/usr/bin/shop"));
//! # Ok(())
//! # }
//! # main().unwrap();
//! # }
//! ```

#[cfg(feature = "deployment-checks")]
mod checks;
mod kubernetes;
mod systemd;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::time::Duration;

#[cfg(feature = "deployment-checks")]
pub use self::checks::{CheckError, Shortage};
pub use self::kubernetes::Kubernetes;
pub use self::systemd::Systemd;
use crate::spec::{Part, TreeDescriptor, Unbounded, Why, written};

/// The numbers with which a tree is deployed.
///
/// The [module's page](self) shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    name: String,
    stop: Vec<Part>,
    start: Vec<Part>,
    /// The time that is waited for a child that cannot be stopped.
    kill_grace: Duration,
    /// `None` for the margin of each time by itself.
    margin: Option<Duration>,
    watchdog: Duration,
    port: u16,
}

impl Deployment {
    /// Adds up the times of a declared tree.
    #[inline]
    pub(crate) fn of(descriptor: &TreeDescriptor) -> Result<Self, UnboundedTime> {
        let mut stop = descriptor.parts_of_stop()?;
        // What the budget of the whole tree has beyond its children's is the time before they are stopped.
        let unknown = || Unbounded { path: String::new(), option: "drain", why: Why::AtRuntime };
        let drain = descriptor.shutdown_budget().ok_or_else(unknown)?.saturating_sub(sum(&stop));
        if !drain.is_zero() {
            stop.push(Part { path: "drain".to_owned(), time: drain });
        }
        Ok(Self {
            name: descriptor.name().to_lowercase(),
            stop,
            start: descriptor.parts_of_start()?,
            kill_grace: descriptor.longest_kill_grace()?,
            margin: None,
            watchdog: Duration::from_secs(30),
            port: 9000,
        })
    }

    /// Sets the margin of both times. By default, it is a tenth of the time, and at least a second.
    ///
    /// It is for what is not the tree's: the log's last lines, the end of `main`, a busy machine.
    #[must_use]
    #[inline]
    pub fn with_margin(mut self, margin: Duration) -> Self {
        self.margin = Some(margin);
        self
    }

    /// Sets `WatchdogSec`, 30 seconds by default: how long the runtime may not respond. It is
    /// in the unit if something answers it: with the features `systemd` and `signal`.
    #[must_use]
    #[inline]
    pub fn with_watchdog(mut self, time: Duration) -> Self {
        self.watchdog = time;
        self
    }

    /// Sets the port of the probes `/livez` and `/readyz`, 9000 by default.
    #[must_use]
    #[inline]
    pub fn with_probe_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Returns how long a stop may take: the tree's `SHUTDOWN_BUDGET`, in which each child uses its whole
    /// `shutdown`, and then one that cannot be stopped, with the longest `kill_grace` of the tree.
    #[must_use]
    #[inline]
    pub fn stop(&self) -> Duration {
        sum(&self.stop).saturating_add(self.kill_grace)
    }

    /// Returns how long a start may take: the tree's `START_BUDGET`.
    #[must_use]
    #[inline]
    pub fn start(&self) -> Duration {
        sum(&self.start)
    }

    /// Returns how long a stop may take with the margin, in whole seconds: Kubernetes'
    /// `terminationGracePeriodSeconds` and systemd's `TimeoutStopSec`.
    #[must_use]
    #[inline]
    pub fn stop_timeout(&self) -> Duration {
        self.with_margin_of(self.stop())
    }

    /// Returns how long a start may take with the margin, in whole seconds: the time of Kubernetes'
    /// start-up probe, and systemd's `TimeoutStartSec`.
    #[must_use]
    #[inline]
    pub fn start_timeout(&self) -> Duration {
        self.with_margin_of(self.start())
    }

    /// Returns the part of a Kubernetes manifest, which displays as YAML.
    #[must_use]
    #[inline]
    pub fn kubernetes(&self) -> Kubernetes<'_> {
        Kubernetes::new(self)
    }

    /// Returns the unit of a service of systemd's, which displays as the unit's file. `exec_start` is the
    /// command line, with the absolute path of the program.
    #[must_use]
    #[inline]
    pub fn systemd<'a>(&'a self, exec_start: &'a str) -> Systemd<'a> {
        Systemd::new(self, exec_start)
    }

    #[inline]
    fn margin_of(&self, time: Duration) -> Duration {
        self.margin.unwrap_or_else(|| (time / 10).max(Duration::from_secs(1)))
    }

    #[inline]
    fn with_margin_of(&self, time: Duration) -> Duration {
        let exact = time.saturating_add(self.margin_of(time));
        let more = u64::from(exact.subsec_nanos() > 0);
        Duration::from_secs(exact.as_secs().saturating_add(more))
    }

    /// Describes where the time of a stop comes from.
    #[inline]
    fn stop_in_words(&self) -> String {
        let kill = Some(format!("kill_grace {}", written(self.kill_grace)))
            .filter(|_| !self.kill_grace.is_zero());
        self.in_words(&self.stop, kill, self.stop())
    }

    /// Describes where the time of a start comes from.
    #[inline]
    fn start_in_words(&self) -> String {
        self.in_words(&self.start, None, self.start())
    }

    #[inline]
    fn in_words(&self, parts: &[Part], more: Option<String>, time: Duration) -> String {
        const SHOWN: usize = 5;
        let mut parts: Vec<&Part> = parts.iter().collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.time));
        let shown = parts.iter().take(SHOWN);
        let mut words: Vec<String> =
            shown.map(|part| format!("{} {}", part.path, written(part.time))).collect();
        if let Some(rest) = parts.get(SHOWN..).filter(|rest| !rest.is_empty()) {
            let time: Duration = rest.iter().map(|part| part.time).sum();
            words.push(format!("{} more {}", rest.len(), written(time)));
        }
        words.extend(more);
        words.push(format!("margin {}", written(self.margin_of(time))));
        words.join(" + ")
    }
}

#[inline]
fn sum(parts: &[Part]) -> Duration {
    parts.iter().fold(Duration::ZERO, |sum, part| sum.saturating_add(part.time))
}

/// The error of a tree whose times have no bound that the compiler knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnboundedTime(Unbounded);

impl UnboundedTime {
    /// Returns the path of the child.
    #[must_use]
    #[inline]
    pub fn path(&self) -> &str {
        &self.0.path
    }
}

impl From<Unbounded> for UnboundedTime {
    #[inline]
    fn from(unbounded: Unbounded) -> Self {
        Self(unbounded)
    }
}

impl fmt::Display for UnboundedTime {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unbounded { path, option, why } = &self.0;
        let path = if path.is_empty() { "/" } else { path };
        match why {
            Why::NoLimit => write!(f, "`{path}` has no limit: give it a `{option}`"),
            Why::AtRuntime => {
                write!(f, "`{path}` has a `{option}` that only the running program knows")
            }
            Why::BuiltByHand => write!(
                f,
                "`{path}` is a supervisor built by hand, whose children are known only when the program runs: give it a `{option}`"
            ),
        }
    }
}

impl Error for UnboundedTime {}
