//! The joins and separations of trees, by which those who look up the root of a tree know whether it
//! is still the root.

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::shared_static;

shared_static! {
    /// The number of times that a tree has begun, or ended, to be joined to another one, or to be
    /// separated from it: odd while this goes on.
    static MOVES: AtomicUsize = AtomicUsize::new(0);
}

/// The joins and separations of trees that had come to an end at some moment. What was looked up
/// after that moment, such as the root of a tree, is still so while these [are all](Self::are_all).
///
/// A reader takes no lock for it: it looks up the count, then what it is interested in, then the count
/// again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moves(usize);

impl Moves {
    /// Returns those up to now, or `None` while a tree is being joined or separated.
    pub(crate) fn so_far() -> Option<Self> {
        let count = MOVES.load(Ordering::Acquire);
        count.is_multiple_of(2).then_some(Self(count))
    }

    /// Returns `true` if no tree has been joined or separated since, nor begins to be.
    pub(crate) fn are_all(self) -> bool {
        MOVES.load(Ordering::Acquire) == self.0
    }
}

/// A tree is being joined to another one, or separated from it, until this is dropped. One at a time.
#[derive(Debug)]
pub(crate) struct Moving(());

impl Moving {
    pub(crate) fn begin() -> Self {
        MOVES.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        MOVES.fetch_add(1, Ordering::AcqRel);
    }
}
