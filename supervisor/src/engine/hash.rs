//! A hash for numbers that the engine itself gives out, one after the other. Users cannot choose
//! the numbers, so they cannot make them collide.

use std::hash::{BuildHasherDefault, Hasher};

pub(super) type BuildNumberHasher = BuildHasherDefault<NumberHasher>;

/// A Fibonacci hasher (Knuth, volume 3, 6.4): consecutive numbers get hashes far from each other.
#[derive(Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
