//! A gauge of the lives of a child that exist: counted by drop guards, since a counter of starts
//! cannot see a life that was never stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts lives.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    alive: AtomicUsize,
    most: AtomicUsize,
    begun: AtomicUsize,
}

impl Gauge {
    /// Makes a gauge at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a life, which ends when the guard is dropped.
    #[must_use]
    pub fn enter(&self) -> Life {
        let alive = self.0.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(alive, Ordering::SeqCst);
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        Life(self.clone())
    }

    /// Returns the number of lives that exist now.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.0.alive.load(Ordering::SeqCst)
    }

    /// Returns the greatest number of lives that ever existed at once.
    #[must_use]
    pub fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    /// Returns the number of lives that have begun.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.0.begun.load(Ordering::SeqCst)
    }
}

/// One life, as long as it is not dropped.
#[derive(Debug)]
pub struct Life(Gauge);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}
