//! The futures that wait for a life to be asked to stop.

use std::num::NonZeroU32;
use std::task::Waker;

/// The futures of `shutdown_requested`, by number. Nearly always there is one at most, and it
/// takes no allocation.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    first: Option<Waker>,
    /// Whose waker `first` is.
    number: u32,
    last: u32,
    #[expect(clippy::box_collection, reason = "nearly always absent: one word, not three")]
    others: Option<Box<Vec<(NonZeroU32, Waker)>>>,
}

impl Waiting {
    /// The waker of a future that waits already.
    pub(super) fn find(&mut self, number: NonZeroU32) -> Option<&mut Waker> {
        if self.number == number.get() && self.first.is_some() {
            return self.first.as_mut();
        }
        let others = self.others.as_mut()?;
        others.iter_mut().find(|(other, _)| *other == number).map(|(_, waker)| waker)
    }

    /// Adds a future, and gives its number.
    pub(super) fn add(&mut self, waker: Waker) -> NonZeroU32 {
        self.last = self.last.wrapping_add(1).max(1);
        let number = NonZeroU32::new(self.last).unwrap_or(NonZeroU32::MIN);
        if self.first.is_none() {
            self.first = Some(waker);
            self.number = number.get();
        } else {
            self.others.get_or_insert_default().push((number, waker));
        }
        number
    }

    pub(super) fn remove(&mut self, number: NonZeroU32) -> Option<Waker> {
        if self.number == number.get() && self.first.is_some() {
            return self.first.take();
        }
        let others = self.others.as_mut()?;
        let at = others.iter().position(|(other, _)| *other == number)?;
        Some(others.swap_remove(at).1)
    }

    /// Removes all of them, to be woken without the lock. Their numbers are not used again soon:
    /// a future that outlives its life still has its own, and must not take another's place by it.
    pub(super) fn take_all(&mut self) -> Woken {
        Woken { first: self.first.take(), others: self.others.take() }
    }
}

/// Futures that no longer wait.
#[must_use = "they have to be woken"]
pub(super) struct Woken {
    first: Option<Waker>,
    #[expect(clippy::box_collection, reason = "as it was kept")]
    others: Option<Box<Vec<(NonZeroU32, Waker)>>>,
}

impl Woken {
    pub(super) fn wake(self) {
        let others = self.others.into_iter().flat_map(|others| *others);
        self.first.into_iter().chain(others.map(|(_, waker)| waker)).for_each(Waker::wake);
    }
}
