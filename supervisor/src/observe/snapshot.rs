//! A picture of a tree.

use std::fmt;
use std::time::Duration;

use crate::spec::{ChildPath, ChildState, ExitReason, RestartPolicy, SupervisionStrategy};

/// A tree, or a part of one, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name; a root has the name it was built with.
    pub name: String,
    /// Its path.
    pub path: ChildPath,
    /// Where it stands.
    pub state: ChildState,
    /// The strategy, if it is a supervisor.
    pub strategy: Option<SupervisionStrategy>,
    /// The policy, unless it is a root.
    pub restart: Option<RestartPolicy>,
    /// The number of its current or last life; 0 before the first.
    pub incarnation: u64,
    /// How often it was restarted.
    pub restarts: u64,
    /// How long its current life has lasted, if it is up.
    pub uptime: Option<Duration>,
    /// How many messages wait in its mailbox.
    pub queued: usize,
    /// How its last life ended, if one has.
    pub last_exit: Option<ExitReason>,
    /// Its children in start order.
    pub children: Vec<Snapshot>,
}

/// How many workers of a pool a picture shows before it counts the rest.
const SHOWN_WORKERS: usize = 10;

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line(f)?;
        self.draw_children(f, "")
    }
}

impl Snapshot {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
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

/// A duration to three digits or so: `1.25s`, not `1.250318442s`.
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
