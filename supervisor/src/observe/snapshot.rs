//! Snapshots: pictures of a tree.

use std::fmt;
use std::time::Duration;

use crate::spec::{ChildPath, ChildState, Escaped, ExitReason, RestartPolicy, SupervisionStrategy};

/// A tree, or a part of one, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The name of the child or supervisor; a root has the name that it was built with.
    pub name: String,
    /// The path of the child or supervisor.
    pub path: ChildPath,
    /// The current state.
    pub state: ChildState,
    /// The strategy of a supervisor; `None` for a worker.
    pub strategy: Option<SupervisionStrategy>,
    /// The restart policy; `None` for a root.
    pub restart: Option<RestartPolicy>,
    /// The number of the current or last life; 0 before the first.
    pub incarnation: u64,
    /// The number of restarts so far.
    pub restarts: u64,
    /// The time since the current life began, if it is up.
    pub uptime: Option<Duration>,
    /// The number of messages that wait in the mailbox.
    pub queued: usize,
    /// The reason of the last life's end, if a life has ended.
    pub last_exit: Option<ExitReason>,
    /// The children of a supervisor, in start order.
    pub children: Vec<Snapshot>,
}

/// The number of a pool's workers that a picture shows before it counts the rest.
const SHOWN_WORKERS: usize = 10;

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line(f)?;
        self.draw_children(f, "")
    }
}

impl Snapshot {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.name))?;
        if let Some(strategy) = self.strategy {
            write!(f, ": {strategy}")?;
        }
        if let Some(restart) = self.restart {
            write!(f, " [{restart}]")?;
        }
        write!(f, " {}", self.state)?;
        if let Some(uptime) = self.uptime {
            write!(f, ", up {}", Rounded(uptime))?;
        }
        match self.restarts {
            0 => {}
            1 => f.write_str(", restarted once")?,
            times => write!(f, ", restarted {times} times")?,
        }
        if self.queued > 0 {
            write!(f, ", {} queued", self.queued)?;
        }
        match &self.last_exit {
            Some(reason) if reason.is_abnormal() => write!(f, ", last exit: {reason}"),
            _ => Ok(()),
        }
    }

    fn draw_children(&self, f: &mut fmt::Formatter<'_>, margin: &str) -> fmt::Result {
        let pool = self.strategy == Some(SupervisionStrategy::SimpleOneForOne);
        let shown = if pool { SHOWN_WORKERS } else { usize::MAX };
        let hidden = self.children.len().saturating_sub(shown);
        for (index, child) in self.children.iter().take(shown).enumerate() {
            let last = index + 1 == self.children.len();
            write!(f, "\n{margin}{}", if last { "└─ " } else { "├─ " })?;
            child.line(f)?;
            child.draw_children(f, &format!("{margin}{}", if last { "   " } else { "│  " }))?;
        }
        if hidden > 0 {
            write!(f, "\n{margin}└─ … and {hidden} more")?;
        }
        Ok(())
    }
}

/// Displays a duration to about three digits: `1.25s`, not `1.250318442s`.
struct Rounded(Duration);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        let nanos = match time.as_nanos() {
            0..1_000_000 => u64::from(time.subsec_nanos()) / 1_000 * 1_000,
            1_000_000..1_000_000_000 => u64::from(time.subsec_nanos()) / 100_000 * 100_000,
            _ => return write!(f, "{time:.2?}"),
        };
        write!(f, "{:?}", Duration::from_nanos(nanos))
    }
}
