//! The record of a supervisor's stop, from which its shutdown report is made.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::Node;
use crate::catch::{NumberedWakers, wake_each};
use crate::observe::ShutdownReport;
use crate::packed_instant::PackedInstant;
use crate::slot::{AnySlot, address_of};
use crate::spec::{ChildPath, ExitReason};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError, shared_static};

shared_static! {
    /// The number of children in the process that have been killed and have not ended. It is mostly
    /// zero, and then the end of a child costs one load here and takes no lock.
    static DYING: AtomicUsize = AtomicUsize::new(0);
}

/// The record of a supervisor's stop, read by all callers that wait for it.
///
/// The record does not come from the events, since a subscriber may miss some of them.
#[derive(Debug, Default)]
pub(crate) struct Stops(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    /// The instant at which the drain before the stop began, if there was one.
    draining: Option<PackedInstant>,
    /// The instant at which the stop that is under way, or over, began.
    stopping: Option<PackedInstant>,
    /// The children that have not stopped as they should; most supervisors have none.
    unclean: Option<Box<Unclean>>,
    /// The wakers of the futures that wait until the supervisor is asked to stop, by their numbers.
    waiting: NumberedWakers,
    /// The last number that was given to a future; no number is given twice.
    last_waiting: u64,
}

/// The children that have not stopped as they should.
#[derive(Debug, Default)]
struct Unclean {
    killed: Vec<Killed>,
    /// The killed children that have not ended yet: their index in `killed`, by the address of
    /// their slot. The slot is held, so that no other slot gets its address.
    dying: HashMap<usize, (usize, Arc<dyn AnySlot>)>,
    left_behind: Vec<LeftBehind>,
    /// The children that ended with an error after they were asked to stop.
    failed: Vec<(ChildPath, ExitReason)>,
}

/// A child that was killed, since its stop took too long.
#[derive(Debug)]
struct Killed {
    path: ChildPath,
    began: PackedInstant,
    took: Option<Duration>,
}

/// A life that could not be stopped, and whose supervisor has ended.
#[derive(Debug)]
struct LeftBehind {
    slot: Arc<dyn AnySlot>,
    path: ChildPath,
    began: PackedInstant,
}

impl Record {
    /// Forgets the children of an earlier stop, except for those that were left behind.
    fn clear(&mut self) {
        if let Some(unclean) = &mut self.unclean {
            unclean.failed.clear();
            unclean.forget_killed();
        }
    }

    fn unclean(&mut self) -> &mut Unclean {
        self.unclean.get_or_insert_default()
    }
}

impl Unclean {
    fn forget_killed(&mut self) {
        self.killed.clear();
        DYING.fetch_sub(self.dying.len(), Ordering::Relaxed);
        self.dying.clear();
    }

    /// Returns the lives that were left behind and still go on.
    fn still_running(&self) -> impl Iterator<Item = &LeftBehind> {
        self.left_behind.iter().filter(|life| life.slot.core().is_occupied())
    }
}

impl Drop for Unclean {
    fn drop(&mut self) {
        self.forget_killed();
    }
}

impl Stops {
    /// Notes that the drain before a stop has begun.
    pub(crate) fn begin_drain(&self, now: PackedInstant) {
        let waiting = {
            let mut record = self.lock();
            record.draining = Some(now);
            mem::take(&mut record.waiting)
        };
        wake_each(waiting.into_values());
    }

    /// Begins the record of a stop. Lives that earlier lives of the supervisor have left behind
    /// stay on record.
    pub(crate) fn begin(&self, now: PackedInstant) {
        let waiting = {
            let mut record = self.lock();
            record.stopping = Some(now);
            record.clear();
            mem::take(&mut record.waiting)
        };
        wake_each(waiting.into_values());
    }

    /// Resets the record for a new life of the supervisor.
    pub(crate) fn reset(&self) {
        let mut record = self.lock();
        (record.draining, record.stopping) = (None, None);
        record.clear();
    }

    /// Returns `true` while the supervisor drains.
    #[cfg(feature = "signal")]
    pub(crate) fn is_draining(&self) -> bool {
        let record = self.lock();
        record.draining.is_some() && record.stopping.is_none()
    }

    /// Returns `true` if the supervisor drains, or did before its stop.
    #[cfg(feature = "signal")]
    pub(crate) fn has_drained(&self) -> bool {
        self.lock().draining.is_some()
    }

    /// Completes when the supervisor is asked to stop. The number is that of the future that waits.
    pub(crate) fn poll_asked(&self, number: &mut Option<u64>, waker: &Waker) -> Poll<()> {
        // A waker is foreign code, so it runs without the lock.
        let waker = waker.clone();
        let replaced = {
            let mut record = self.lock();
            if record.draining.or(record.stopping).is_some() {
                *number = None;
                return Poll::Ready(());
            }
            let number = *number.get_or_insert_with(|| {
                record.last_waiting += 1;
                record.last_waiting
            });
            record.waiting.insert(number, waker)
        };
        drop(replaced);
        Poll::Pending
    }

    /// Removes a future that no longer waits.
    pub(crate) fn forget_waiting(&self, number: u64) {
        let removed = self.lock().waiting.remove(&number);
        drop(removed);
    }

    /// Returns the instant at which the supervisor began to drain or to stop, whichever came first.
    pub(crate) fn asked(&self) -> Option<PackedInstant> {
        let record = self.lock();
        record.draining.or(record.stopping)
    }

    /// Returns the instant at which the stop began, if there is one.
    pub(crate) fn began(&self) -> Option<PackedInstant> {
        self.lock().stopping
    }

    /// Makes the shutdown report from the record.
    pub(crate) fn report(&self) -> ShutdownReport {
        let now = PackedInstant::now();
        let record = self.lock();
        let Some(unclean) = &record.unclean else { return ShutdownReport::default() };
        let killed = unclean.killed.iter().map(|killed| {
            let took = killed.took.unwrap_or_else(|| now.saturating_duration_since(killed.began));
            (killed.path.clone(), took)
        });
        let not_stopped = unclean
            .still_running()
            .map(|life| (life.path.clone(), now.saturating_duration_since(life.began)));
        ShutdownReport::new(killed.collect(), not_stopped.collect(), unclean.failed.clone())
    }

    /// Returns the lives that could not be stopped and still go on although their supervisors have
    /// ended, with the instants at which their stops began.
    pub(crate) fn left_behind(&self) -> Vec<(ChildPath, PackedInstant)> {
        let record = self.lock();
        let still_running = record.unclean.iter().flat_map(|unclean| unclean.still_running());
        still_running.map(|life| (life.path.clone(), life.began)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Notes that a child is killed, since its stop, which began at this instant, took too long.
    pub(crate) fn child_killed(&self, slot: &Arc<dyn AnySlot>, began: PackedInstant) {
        let path = slot.core().path();
        self.each_stopping(|record| {
            let unclean = record.unclean();
            let dying = (unclean.killed.len(), Arc::clone(slot));
            if unclean.dying.insert(address_of(&**slot), dying).is_none() {
                DYING.fetch_add(1, Ordering::Relaxed);
            }
            unclean.killed.push(Killed { path: path.clone(), began, took: None });
        });
    }

    /// Notes the end of a child, if the child is on record as killed.
    #[inline]
    pub(crate) fn killed_child_ended(&self, slot: &Arc<dyn AnySlot>, now: PackedInstant) {
        if DYING.load(Ordering::Relaxed) > 0 {
            self.dying_child_ended(slot, now);
        }
    }

    #[cold]
    fn dying_child_ended(&self, slot: &Arc<dyn AnySlot>, now: PackedInstant) {
        self.each_stopping(|record| {
            let Some(unclean) = &mut record.unclean else { return };
            let ended = unclean.dying.remove(&address_of(&**slot));
            if ended.is_some() {
                DYING.fetch_sub(1, Ordering::Relaxed);
            }
            if let Some(killed) = ended.and_then(|(index, _)| unclean.killed.get_mut(index)) {
                killed.took = Some(now.saturating_duration_since(killed.began));
            }
        });
    }

    /// Notes the end of a child for this reason, if the child was asked to stop and has failed in its
    /// clean-up. The exit is not recorded yet.
    pub(crate) fn child_ended(&self, slot: &Arc<dyn AnySlot>, reason: &ExitReason) {
        let is_failure = matches!(
            reason,
            ExitReason::Error(_)
                | ExitReason::Status(_)
                | ExitReason::Panic(_)
                | ExitReason::Escalate(_)
        );
        if is_failure && slot.core().stop_began().is_some() {
            let path = slot.core().path();
            self.each_stopping(|record| {
                record.unclean().failed.push((path.clone(), reason.clone()));
            });
        }
    }

    /// Notes that the supervisor ends while this child's life goes on.
    pub(crate) fn child_left_behind(&self, slot: &Arc<dyn AnySlot>, began: PackedInstant) {
        let path = slot.core().path();
        self.with_ancestors(|node| {
            let mut record = node.stops.lock();
            let unclean = record.unclean();
            unclean.left_behind.retain(|life| life.slot.core().is_occupied());
            let life = LeftBehind { slot: Arc::clone(slot), path: path.clone(), began };
            unclean.left_behind.push(life);
        });
    }

    /// Changes the record of this supervisor and of each one above it, where a stop has begun.
    fn each_stopping(&self, mut change: impl FnMut(&mut Record)) {
        self.with_ancestors(|node| {
            let mut record = node.stops.lock();
            if record.stopping.is_some() {
                change(&mut record);
            }
        });
    }

    /// Calls a function for this supervisor and for each one above it.
    pub(super) fn with_ancestors(&self, mut call: impl FnMut(&Self)) {
        call(self);
        let mut next = self.parent();
        while let Some(node) = next {
            call(&node);
            next = node.parent();
        }
    }
}
