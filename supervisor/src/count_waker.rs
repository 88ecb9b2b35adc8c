//! A waker for tests, which counts how often it is woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

/// The number of times that a waker was woken.
#[derive(Default)]
pub(crate) struct WakeCount(AtomicUsize);

impl WakeCount {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Creates a waker, and returns its count with it.
pub(crate) fn count_waker() -> (Arc<WakeCount>, Waker) {
    let wakes = Arc::new(WakeCount::default());
    (Arc::clone(&wakes), wakes.into())
}
