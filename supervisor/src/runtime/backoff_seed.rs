//! The seed of the random part of backoff delays.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::spec::ChildPath;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::random;

/// The seed that a root gives to all supervisors of its tree: zero, which stands for a random seed,
/// unless a test has fixed it.
#[derive(Debug, Default)]
pub(crate) struct BackoffSeed(AtomicU64);

impl BackoffSeed {
    /// Returns the seed for one life of the supervisor at this path.
    pub(crate) fn for_life(&self, path: impl FnOnce() -> ChildPath, life: u64) -> u64 {
        match self.0.load(Ordering::Relaxed) {
            0 => random::seed(),
            seed => hash((seed, path(), life)),
        }
    }

    /// Fixes the seed, so that the delays of the whole tree are the same in every run.
    #[cfg(feature = "test-util")]
    pub(crate) fn fix(&self, seed: u64) {
        self.0.store(hash(seed) | 1, Ordering::Relaxed);
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
