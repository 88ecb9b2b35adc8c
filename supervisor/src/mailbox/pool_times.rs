//! The times of the messages to all workers of a pool, those that are gone included.

use std::sync::Arc;
use std::time::Duration;

use crate::spec::{MessageTimes, TimeHistogram};
use crate::sync::atomic::{AtomicU64, Ordering};

/// The times that the workers of a pool measure together. They add to it without a lock; no figure ever
/// decreases.
#[derive(Debug)]
pub(crate) struct PoolTimes {
    waiting: SharedHistogram,
    handling: SharedHistogram,
}

impl PoolTimes {
    pub(crate) fn new() -> Arc<Self> {
        let (waiting, handling) = (SharedHistogram::new(), SharedHistogram::new());
        Arc::new(Self { waiting, handling })
    }

    pub(super) fn add_waiting(&self, time: Duration) {
        self.waiting.add(time);
    }

    pub(super) fn add_handling(&self, time: Duration) {
        self.handling.add(time);
    }

    /// Returns the times so far.
    pub(crate) fn known(&self) -> Box<MessageTimes> {
        let mut times = Box::<MessageTimes>::default();
        (times.waiting, times.handling) = (self.waiting.read(), self.handling.read());
        times
    }
}

/// A histogram to which many tasks add.
#[derive(Debug)]
struct SharedHistogram {
    counts: [AtomicU64; TimeHistogram::BUCKETS],
    /// The sum of all times in nanoseconds, which last for five centuries.
    sum: AtomicU64,
}

impl SharedHistogram {
    fn new() -> Self {
        let counts = std::array::from_fn(|_| AtomicU64::new(0));
        Self { counts, sum: AtomicU64::new(0) }
    }

    fn add(&self, time: Duration) {
        self.counts[TimeHistogram::bucket_of(time)].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
    }

    fn read(&self) -> TimeHistogram {
        let counts = self.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        TimeHistogram::of(counts, Duration::from_nanos(self.sum.load(Ordering::Relaxed)))
    }
}
