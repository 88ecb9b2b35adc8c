//! Random numbers, which belong to the schedule, so that a replay draws the same.

use shuttle::rand::{Rng, thread_rng};

/// Returns a random seed.
pub(crate) fn seed() -> u64 {
    thread_rng().r#gen()
}
