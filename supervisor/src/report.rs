//! Which children did not stop by themselves.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::node::Node;
use crate::path::ChildPath;
use crate::slot::AnySlot;

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
///
/// Whoever waits for the same shutdown gets the same report. It covers everything below the
/// supervisor, from the beginning of the stop to its end, also if the supervisor ended by itself.
#[derive(Clone, Debug, Default)]
pub struct ShutdownReport {
    killed: Vec<(ChildPath, Duration)>,
    not_stopped: Vec<(ChildPath, Duration)>,
}

impl ShutdownReport {
    /// Whether all children stopped within their time.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.killed.is_empty() && self.not_stopped.is_empty()
    }

    /// The children that had to be dropped since they did not stop within their time, and how
    /// long their stop took from the request to the end of their life.
    ///
    /// A child that is still running is in [`not_stopped`](Self::not_stopped) too; its time is
    /// that until now.
    pub fn killed(&self) -> impl Iterator<Item = (&ChildPath, Duration)> {
        self.killed.iter().map(|(path, took)| (path, *took))
    }

    /// The children that still run, since they block their threads, and how long ago they were
    /// asked to stop.
    ///
    /// One that could not be stopped earlier, when its supervisor went on without it, is named
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

/// How many children in the process have been dropped and have not ended: mostly none, and then
/// nobody has to be asked whether it is one of them.
static DYING: AtomicUsize = AtomicUsize::new(0);

/// What a supervisor's stop has met with, for all who wait for it.
///
/// It is kept here and not read from the events, of which a subscriber may miss some.
#[derive(Debug, Default)]
pub(crate) struct Stops(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    stopping: bool,
    killed: Vec<Killed>,
    /// Which of them have not ended yet, by the address of their slot; the slot is held, so that
    /// its address stays its own.
    dying: HashMap<usize, (usize, Arc<dyn AnySlot>)>,
    left: Vec<Left>,
}

#[derive(Debug)]
struct Killed {
    path: ChildPath,
    began: Instant,
    took: Option<Duration>,
}

/// A life that could not be stopped, of a supervisor that has ended.
#[derive(Debug)]
struct Left {
    slot: Arc<dyn AnySlot>,
    path: ChildPath,
    began: Instant,
}

impl Record {
    fn forget_killed(&mut self) {
        self.killed.clear();
        DYING.fetch_sub(self.dying.len(), Ordering::Relaxed);
        self.dying.clear();
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.forget_killed();
    }
}

impl Stops {
    /// A stop begins. What earlier lives of the supervisor have left behind stays on record.
    pub(crate) fn begin(&self) {
        let mut record = self.lock();
        record.stopping = true;
        record.forget_killed();
    }

    /// A new life of the supervisor begins.
    pub(crate) fn reset(&self) {
        let mut record = self.lock();
        record.stopping = false;
        record.forget_killed();
    }

    pub(crate) fn report(&self) -> ShutdownReport {
        let now = Instant::now();
        let record = self.lock();
        let killed = record.killed.iter().map(|killed| {
            let took = killed.took.unwrap_or_else(|| now.saturating_duration_since(killed.began));
            (killed.path.clone(), took)
        });
        let left = record.left.iter().filter(|left| left.slot.core().is_occupied());
        let left = left.map(|left| (left.path.clone(), now.saturating_duration_since(left.began)));
        ShutdownReport { killed: killed.collect(), not_stopped: left.collect() }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child of this supervisor is dropped, since its stop, begun then, took too long.
pub(crate) fn killed(node: &Arc<Node>, slot: &Arc<dyn AnySlot>, began: Instant) {
    let path = slot.core().path();
    each_stopping(node, |record| {
        let dying = (record.killed.len(), Arc::clone(slot));
        if record.dying.insert(address(slot), dying).is_none() {
            DYING.fetch_add(1, Ordering::Relaxed);
        }
        record.killed.push(Killed { path: path.clone(), began, took: None });
    });
}

/// A child that was asked to stop, and perhaps dropped, has ended.
pub(crate) fn ended(node: &Arc<Node>, slot: &Arc<dyn AnySlot>, now: Instant) {
    if DYING.load(Ordering::Relaxed) == 0 {
        return;
    }
    each_stopping(node, |record| {
        let dead = record.dying.remove(&address(slot));
        if dead.is_some() {
            DYING.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(killed) = dead.and_then(|(index, _)| record.killed.get_mut(index)) {
            killed.took = Some(now.saturating_duration_since(killed.began));
        }
    });
}

/// The supervisor ends, and a life below it does not.
pub(crate) fn left(node: &Arc<Node>, slot: &Arc<dyn AnySlot>, began: Instant) {
    let path = slot.core().path();
    let mut next = Some(Arc::clone(node));
    while let Some(node) = next {
        let mut record = node.stops().lock();
        record.left.retain(|left| left.slot.core().is_occupied());
        record.left.push(Left { slot: Arc::clone(slot), path: path.clone(), began });
        drop(record);
        next = node.parent();
    }
}

fn address(slot: &Arc<dyn AnySlot>) -> usize {
    Arc::as_ptr(slot).addr()
}

fn each_stopping(node: &Arc<Node>, mut change: impl FnMut(&mut Record)) {
    let mut next = Some(Arc::clone(node));
    while let Some(node) = next {
        let mut record = node.stops().lock();
        if record.stopping {
            change(&mut record);
        }
        drop(record);
        next = node.parent();
    }
}
