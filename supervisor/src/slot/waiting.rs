//! The futures that wait for a life to be asked to stop.

use std::num::NonZeroU32;
use std::task::Waker;

use super::Place;

/// The future of `shutdown_requested` that waits, by its number. Nearly always there is one at most,
/// and it takes no allocation.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    first: Option<Waker>,
    /// Whose waker `first` is.
    number: u32,
    last: u32,
}

impl Place {
    /// The waker of a future that waits already.
    pub(super) fn find_waiting(&mut self, number: NonZeroU32) -> Option<&mut Waker> {
        if self.waiting.is_first(number) {
            return self.waiting.first.as_mut();
        }
        let others = self.record.others()?;
        others.iter_mut().find(|(other, _)| *other == number).map(|(_, waker)| waker)
    }

    /// Adds a future, and gives its number.
    pub(super) fn add_waiting(&mut self, waker: Waker) -> NonZeroU32 {
        let waiting = &mut self.waiting;
        waiting.last = waiting.last.wrapping_add(1).max(1);
        let number = NonZeroU32::new(waiting.last).unwrap_or(NonZeroU32::MIN);
        if waiting.first.is_none() {
            waiting.first = Some(waker);
            waiting.number = number.get();
        } else {
            self.record.more_others().push((number, waker));
        }
        number
    }

    pub(super) fn remove_waiting(&mut self, number: NonZeroU32) -> Option<Waker> {
        if self.waiting.is_first(number) {
            return self.waiting.first.take();
        }
        let others = self.record.others()?;
        let at = others.iter().position(|(other, _)| *other == number)?;
        Some(others.swap_remove(at).1)
    }

    /// Removes all of them, to be woken without the lock. Their numbers are not used again soon:
    /// a future that outlives its life still has its own, and must not take another's place by it.
    pub(super) fn take_waiting(&mut self) -> Woken {
        let others = self.record.others().map(std::mem::take).unwrap_or_default();
        Woken { first: self.waiting.first.take(), others, receiver: None }
    }
}

impl Waiting {
    fn is_first(&self, number: NonZeroU32) -> bool {
        self.number == number.get() && self.first.is_some()
    }
}

/// Futures that no longer wait.
#[must_use = "they have to be woken"]
#[derive(Debug)]
pub(crate) struct Woken {
    first: Option<Waker>,
    others: Vec<(NonZeroU32, Waker)>,
    /// Whoever waits for a message.
    receiver: Option<Waker>,
}

impl Woken {
    pub(super) fn and(self, receiver: Option<Waker>) -> Self {
        Self { receiver, ..self }
    }

    pub(crate) fn wake(self) {
        self.first.into_iter().chain(self.receiver).for_each(Waker::wake);
        self.others.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
