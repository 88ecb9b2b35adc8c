//! Random numbers.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Returns a random seed.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
