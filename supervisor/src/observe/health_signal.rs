//! The signal that the health of a supervisor, or of something below it, may have changed.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::catch::wake_each;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, OnceLock, PoisonError, shared_static};

shared_static! {
    /// The number of those in the process that wait for changes. While it is zero, a change costs
    /// one load.
    static WATCHERS: AtomicUsize = AtomicUsize::new(0);
}

/// Returns whether anyone waits for changes of the health of any tree.
#[inline]
pub(crate) fn is_watched() -> bool {
    WATCHERS.load(Ordering::Relaxed) > 0
}

/// The watchers of one supervisor; no memory is allocated before the first.
#[derive(Debug, Default)]
pub(crate) struct HealthSignal(OnceLock<Arc<Mutex<Vec<Arc<Watcher>>>>>);

#[derive(Debug)]
struct Watcher {
    /// Set by a change, and cleared before the health is read.
    raised: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// The watch of one supervisor.
#[derive(Debug)]
pub(crate) struct HealthWatch {
    watcher: Arc<Watcher>,
    all: Arc<Mutex<Vec<Arc<Watcher>>>>,
}

impl HealthSignal {
    /// Begins a watch, which is raised at first.
    pub(crate) fn watch(&self) -> HealthWatch {
        let all = Arc::clone(self.0.get_or_init(Arc::default));
        let watcher = Arc::new(Watcher { raised: AtomicBool::new(true), waker: Mutex::default() });
        lock(&all).push(Arc::clone(&watcher));
        WATCHERS.fetch_add(1, Ordering::Relaxed);
        HealthWatch { watcher, all }
    }

    /// Tells all watchers that the health may have changed.
    pub(crate) fn raise(&self) {
        let Some(all) = self.0.get() else { return };
        let mut wakers = Vec::new();
        for watcher in &*lock(all) {
            watcher.raised.store(true, Ordering::Release);
            wakers.extend(lock(&watcher.waker).take());
        }
        // A waker is foreign code, which runs without the locks.
        wake_each(wakers);
    }
}

impl HealthWatch {
    /// Waits until the signal is raised.
    pub(crate) fn poll_raised(&self, cx: &mut Context<'_>) -> Poll<()> {
        let replaced = {
            let mut waker = lock(&self.watcher.waker);
            // Read under the lock, since the signal is raised before the waker is taken under it.
            if self.watcher.raised.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            match &mut *waker {
                Some(parked) if parked.will_wake(cx.waker()) => None,
                parked => parked.replace(cx.waker().clone()),
            }
        };
        drop(replaced);
        Poll::Pending
    }

    /// Clears the signal: what changes from now on raises it again.
    pub(crate) fn clear(&self) {
        self.watcher.raised.store(false, Ordering::Release);
    }
}

impl HealthWatch {
    /// Raises the signal again, since what it told of was not read.
    pub(crate) fn set(&self) {
        self.watcher.raised.store(true, Ordering::Release);
    }
}

impl Drop for HealthWatch {
    fn drop(&mut self) {
        WATCHERS.fetch_sub(1, Ordering::Relaxed);
        lock(&self.all).retain(|watcher| !Arc::ptr_eq(watcher, &self.watcher));
        let waker = lock(&self.watcher.waker).take();
        drop(waker);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count_waker::count_waker;

    #[test]
    fn a_change_wakes_each_watcher_once_and_a_dropped_one_leaves_nothing() {
        let signal = HealthSignal::default();
        signal.raise();
        let (first, second) = (signal.watch(), signal.watch());
        assert!(is_watched());
        let (count, waker) = count_waker();
        let mut cx = Context::from_waker(&waker);
        assert!(first.poll_raised(&mut cx).is_ready(), "it is raised at first");
        for watch in [&first, &second] {
            watch.clear();
            assert!(watch.poll_raised(&mut cx).is_pending());
        }
        drop(second);
        signal.raise();
        signal.raise();
        assert_eq!(count.count(), 1);
        assert!(first.poll_raised(&mut cx).is_ready());
        drop(first);
        assert!(lock(signal.0.get().unwrap()).is_empty());
    }
}
