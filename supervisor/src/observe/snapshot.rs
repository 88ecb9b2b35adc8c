//! Snapshots: pictures of a tree.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::lease_status::LeaseStatus;
use crate::spec::{
    ChildName, ChildPath, ChildState, Escaped, ExitReason, HealthPart, MaxRestarts, MessageTimes,
    Order, RestartPolicy, Shutdown, SupervisionStrategy,
};

/// A tree, or a part of one, at one moment.
///
/// `Display` draws a picture, a line for each child: 100 levels of a deep tree, and then the number
/// of children below.
#[derive(Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The name of the child or supervisor; a root has the name that it was built with.
    pub name: ChildName,
    /// The path of the child or supervisor.
    pub path: ChildPath,
    /// The current state.
    pub state: ChildState,
    /// The strategy of a supervisor; `None` for a worker.
    pub strategy: Option<SupervisionStrategy>,
    /// The restart policy; `None` for a root.
    pub restart: Option<RestartPolicy>,
    /// The way in which the child is stopped; `None` for a root.
    pub shutdown: Option<Shutdown>,
    /// The part that the child has in the health of its tree; `None` for a root.
    pub health: Option<HealthPart>,
    /// The number of restarts that a supervisor allows within its window; `None` for a worker.
    pub max_restarts: Option<MaxRestarts>,
    /// The window in which a supervisor counts restarts; `None` for a worker.
    pub restart_window: Option<Duration>,
    /// The number of restarts that a supervisor has left now; `None` if it allows any number, or
    /// does not run, and for a worker.
    pub restarts_left: Option<u32>,
    /// The order in which the children of a supervisor start and stop; `None` for a worker.
    pub order: Option<Order>,
    /// The time that is left of the drain of a supervisor.
    pub drain_left: Option<Duration>,
    /// The time until a supervisor that is stopping within a total time kills what is left.
    pub stop_left: Option<Duration>,
    /// The status of the lease that the children of a supervisor need, if it is a singleton (feature
    /// `lease`).
    pub lease: Option<Box<LeaseStatus>>,
    /// The names of the siblings that the child uses, under [`Order::ByUse`](crate::Order::ByUse).
    pub uses: Vec<ChildName>,
    /// The number of the current or last life; 0 before the first.
    pub incarnation: u64,
    /// The number of restarts so far.
    pub restarts: u64,
    /// The number of times that the child ended abnormally without being asked to stop, or did not
    /// start.
    pub failures: u64,
    /// The number of times that the child did not start, or was not up in time.
    pub failed_starts: u64,
    /// The number of restarts of a supervisor's children so far, with those that are gone.
    pub child_restarts: u64,
    /// The number of failures of a supervisor's children so far, with those that are gone.
    pub child_failures: u64,
    /// The time since a worker is up; `None` while it starts, stops, or is down. Of a supervisor:
    /// the time since its current life began, also while it starts or stops; `None` while it has no
    /// life.
    pub uptime: Option<Duration>,
    /// The time since the child was asked to stop, or since its life is being dropped; `None` if
    /// neither is the case.
    pub stopping: Option<Duration>,
    /// The number of messages that wait in the mailbox.
    pub queued: usize,
    /// The number of messages that the mailbox has room for; 0 for a supervisor, which has none.
    pub capacity: usize,
    /// The children for which this one waits, in [`ask`](crate::ChildRef::ask) or
    /// [`send`](crate::ChildRef::send); the longest wait comes first.
    pub waits: Vec<Wait>,
    /// The times that messages waited and were handled; `None` unless the child has the option
    /// `histograms`. A pool whose template has the option has the times of all its workers, also of those
    /// that are gone, and its workers have none of their own.
    pub message_times: Option<Box<MessageTimes>>,
    /// The reason of the last life's end, if a life has ended.
    pub last_exit: Option<ExitReason>,
    /// The children of a supervisor, in start order.
    pub children: Snapshots,
}

/// A wait of a child for another, which it has sent a message that is not in the mailbox yet, or a
/// request that is not answered yet.
///
/// The wait is seen if the future is polled by the child's own task, and not by one that the child
/// has spawned. A wait that ends at once is not seen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wait {
    /// The path of the child that is waited for.
    pub on: ChildPath,
    /// `true` if the wait is for an answer: the request was sent.
    pub for_answer: bool,
    /// The time since the wait began.
    pub lasted: Duration,
}

/// The children in a [`Snapshot`]: a slice of snapshots, which is also iterated over by value.
///
/// A tree can be thousands of levels deep, so these are cloned and dropped without recursion.
#[derive(Default)]
pub struct Snapshots(Vec<Snapshot>);

impl Snapshots {
    /// Puts the parts of trees together. Each comes with the index of its parent, which is before
    /// it; a part whose index is out of range is a tree by itself.
    fn from_parts(mut parts: Vec<(usize, Snapshot)>) -> Self {
        let mut trees = Vec::new();
        while let Some((parent, mut part)) = parts.pop() {
            part.children.0.reverse();
            match parts.get_mut(parent) {
                Some((_, parent)) => parent.children.0.push(part),
                None => trees.push(part),
            }
        }
        trees.reverse();
        Self(trees)
    }

    /// Returns the number of all children, at all levels.
    fn count(&self) -> usize {
        let (mut count, mut rest) = (0, vec![self]);
        while let Some(children) = rest.pop() {
            count += children.len();
            rest.extend(children.iter().map(|child| &child.children));
        }
        count
    }
}

impl From<Vec<Snapshot>> for Snapshots {
    fn from(snapshots: Vec<Snapshot>) -> Self {
        Self(snapshots)
    }
}

impl Deref for Snapshots {
    type Target = [Snapshot];

    fn deref(&self) -> &[Snapshot] {
        &self.0
    }
}

impl IntoIterator for Snapshots {
    type Item = Snapshot;
    type IntoIter = std::vec::IntoIter<Snapshot>;

    fn into_iter(mut self) -> Self::IntoIter {
        std::mem::take(&mut self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Snapshots {
    type Item = &'a Snapshot;
    type IntoIter = std::slice::Iter<'a, Snapshot>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Clone for Snapshots {
    fn clone(&self) -> Self {
        let mut parts = Vec::new();
        let mut pending: VecDeque<_> = self.iter().map(|child| (usize::MAX, child)).collect();
        while let Some((parent, part)) = pending.pop_front() {
            pending.extend(part.children.iter().map(|child| (parts.len(), child)));
            parts.push((parent, part.without_children()));
        }
        Self::from_parts(parts)
    }
}

impl Drop for Snapshots {
    fn drop(&mut self) {
        let mut rest = std::mem::take(&mut self.0);
        while let Some(mut child) = rest.pop() {
            rest.append(&mut child.children.0);
        }
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Levels(self, 0).fmt(f)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug(f, 0)
    }
}

/// Prints the children that are at this level of a tree, for debugging.
struct Levels<'a>(&'a Snapshots, usize);

impl fmt::Debug for Levels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(children, level) = *self;
        if level == SHOWN_LEVELS && !children.is_empty() {
            return write!(f, "[{} more]", children.count());
        }
        f.debug_list().entries(children.iter().map(|child| Level(child, level + 1))).finish()
    }
}

/// Prints a child that is at this level of a tree, for debugging.
struct Level<'a>(&'a Snapshot, usize);

impl fmt::Debug for Level<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(f, self.1)
    }
}

/// The number of levels that a picture shows before it counts the rest.
const SHOWN_LEVELS: usize = 100;

/// The number of a pool's workers that a picture shows before it counts the rest.
const SHOWN_WORKERS: usize = 10;

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line(f)?;
        self.draw_children(f, "", 0)
    }
}

impl Snapshot {
    /// Creates the part of a child or supervisor of which nothing else is known.
    pub(crate) fn new(name: ChildName, path: ChildPath, state: ChildState) -> Self {
        Self {
            name,
            path,
            state,
            strategy: None,
            restart: None,
            shutdown: None,
            health: None,
            max_restarts: None,
            restart_window: None,
            restarts_left: None,
            order: None,
            drain_left: None,
            stop_left: None,
            lease: None,
            uses: Vec::new(),
            incarnation: 0,
            restarts: 0,
            failures: 0,
            failed_starts: 0,
            child_restarts: 0,
            child_failures: 0,
            uptime: None,
            stopping: None,
            queued: 0,
            capacity: 0,
            waits: Vec::new(),
            message_times: None,
            last_exit: None,
            children: Snapshots::default(),
        }
    }

    /// Returns a copy of this part without the children.
    fn without_children(&self) -> Self {
        Self {
            name: self.name.clone(),
            path: self.path.clone(),
            lease: self.lease.clone(),
            uses: self.uses.clone(),
            waits: self.waits.clone(),
            message_times: self.message_times.clone(),
            last_exit: self.last_exit.clone(),
            children: Snapshots::default(),
            ..*self
        }
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>, level: usize) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("name", &self.name)
            .field("path", &self.path)
            .field("state", &self.state)
            .field("strategy", &self.strategy)
            .field("restart", &self.restart)
            .field("shutdown", &self.shutdown)
            .field("health", &self.health)
            .field("max_restarts", &self.max_restarts)
            .field("restart_window", &self.restart_window)
            .field("restarts_left", &self.restarts_left)
            .field("lease", &self.lease)
            .field("uses", &self.uses)
            .field("incarnation", &self.incarnation)
            .field("restarts", &self.restarts)
            .field("failures", &self.failures)
            .field("failed_starts", &self.failed_starts)
            .field("child_restarts", &self.child_restarts)
            .field("child_failures", &self.child_failures)
            .field("uptime", &self.uptime)
            .field("stopping", &self.stopping)
            .field("queued", &self.queued)
            .field("capacity", &self.capacity)
            .field("waits", &self.waits)
            .field("last_exit", &self.last_exit)
            .field("children", &Levels(&self.children, level))
            .finish()
    }

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
        if let Some(lease) = &self.lease {
            write!(f, ", {lease}")?;
        }
        match self.restarts {
            0 => {}
            1 => f.write_str(", restarted once")?,
            times => write!(f, ", restarted {times} times")?,
        }
        match self.failed_starts {
            0 => {}
            1 => f.write_str(", failed to start once")?,
            times => write!(f, ", failed to start {times} times")?,
        }
        if self.queued > 0 {
            write!(f, ", {} queued", self.queued)?;
        }
        match &self.last_exit {
            Some(reason) if reason.is_abnormal() => write!(f, ", last exit: {reason}")?,
            _ => {}
        }
        if self.uses.is_empty() {
            return Ok(());
        }
        let uses: Vec<String> = self.uses.iter().map(|used| Escaped(used).to_string()).collect();
        write!(f, "  ← {}", uses.join(", "))
    }

    fn draw_children(&self, f: &mut fmt::Formatter<'_>, margin: &str, level: usize) -> fmt::Result {
        if level == SHOWN_LEVELS && !self.children.is_empty() {
            return write!(f, "\n{margin}└─ … and {} below", self.children.count());
        }
        let pool = self.strategy == Some(SupervisionStrategy::SimpleOneForOne);
        let shown = if pool { SHOWN_WORKERS } else { usize::MAX };
        let hidden = self.children.len().saturating_sub(shown);
        for (index, child) in self.children.iter().take(shown).enumerate() {
            let last = index + 1 == self.children.len();
            write!(f, "\n{margin}{}", if last { "└─ " } else { "├─ " })?;
            child.line(f)?;
            let margin = format!("{margin}{}", if last { "   " } else { "│  " });
            child.draw_children(f, &margin, level + 1)?;
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
