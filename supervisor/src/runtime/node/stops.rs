//! The record of a supervisor's stop, from which its shutdown report is made.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Node;
use crate::clock;
use crate::observe::ShutdownReport;
use crate::slot::{AnySlot, address_of};
use crate::spec::ChildPath;

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
        let now = clock::now();
        let record = self.lock();
        let killed = record.killed.iter().map(|killed| {
            let took = killed.took.unwrap_or_else(|| now.saturating_duration_since(killed.began));
            (killed.path.clone(), took)
        });
        let left = record.left.iter().filter(|left| left.slot.core().is_occupied());
        let left = left.map(|left| (left.path.clone(), now.saturating_duration_since(left.began)));
        ShutdownReport::new(killed.collect(), left.collect())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Notes that a child is dropped, since its stop, begun at that instant, took too long.
    pub(crate) fn child_killed(&self, slot: &Arc<dyn AnySlot>, began: Instant) {
        let path = slot.core().path();
        self.each_stopping(|record| {
            let dying = (record.killed.len(), Arc::clone(slot));
            if record.dying.insert(address_of(&**slot), dying).is_none() {
                DYING.fetch_add(1, Ordering::Relaxed);
            }
            record.killed.push(Killed { path: path.clone(), began, took: None });
        });
    }

    /// Notes that a child that was asked to stop, and perhaps dropped, has ended.
    pub(crate) fn killed_child_ended(&self, slot: &Arc<dyn AnySlot>, now: Instant) {
        if DYING.load(Ordering::Relaxed) == 0 {
            return;
        }
        self.each_stopping(|record| {
            let dead = record.dying.remove(&address_of(&**slot));
            if dead.is_some() {
                DYING.fetch_sub(1, Ordering::Relaxed);
            }
            if let Some(killed) = dead.and_then(|(index, _)| record.killed.get_mut(index)) {
                killed.took = Some(now.saturating_duration_since(killed.began));
            }
        });
    }

    /// Notes that the supervisor ends, and a life below it does not.
    pub(crate) fn left_behind(&self, slot: &Arc<dyn AnySlot>, began: Instant) {
        let path = slot.core().path();
        self.with_ancestors(|node| {
            let mut record = node.stops.lock();
            record.left.retain(|left| left.slot.core().is_occupied());
            record.left.push(Left { slot: Arc::clone(slot), path: path.clone(), began });
        });
    }

    fn each_stopping(&self, mut change: impl FnMut(&mut Record)) {
        self.with_ancestors(|node| {
            let mut record = node.stops.lock();
            if record.stopping {
                change(&mut record);
            }
        });
    }

    /// Calls a function for this supervisor and all those above it.
    fn with_ancestors(&self, mut call: impl FnMut(&Self)) {
        call(self);
        let mut next = self.parent();
        while let Some(node) = next {
            call(&node);
            next = node.parent();
        }
    }
}
