//! The futures that wait for a life to be asked to stop.

use std::mem;
use std::num::NonZeroU32;
use std::task::Waker;

use super::locked::Locked;

/// The number of the future whose waker needs no allocation. It is given again when that future
/// waits no more. So a number is good for the life that it was given in, as long as that has not
/// been asked: whoever asks, or ends the life, takes all of them, under the lock under which it does
/// that.
const FIRST: NonZeroU32 = NonZeroU32::MIN;

impl Locked {
    /// The waker of a future that waits already.
    pub(super) fn find_waiting(&mut self, number: NonZeroU32) -> Option<&mut Waker> {
        if number == FIRST {
            return self.first_waiting.as_mut();
        }
        let others = &mut self.rare.as_mut()?.more_waiting;
        others.iter_mut().find(|(other, _)| *other == number).map(|(_, waker)| waker)
    }

    /// Adds a future, and gives its number.
    pub(super) fn add_waiting(&mut self, waker: Waker) -> NonZeroU32 {
        if self.first_waiting.is_none() {
            self.first_waiting = Some(waker);
            return FIRST;
        }
        let rare = self.rare.get_or_insert_default();
        rare.last_waiting = rare.last_waiting.max(FIRST.get()).wrapping_add(1);
        let number = NonZeroU32::new(rare.last_waiting).unwrap_or(NonZeroU32::MAX);
        rare.more_waiting.push((number, waker));
        number
    }

    pub(super) fn remove_waiting(&mut self, number: NonZeroU32) -> Option<Waker> {
        if number == FIRST {
            return self.first_waiting.take();
        }
        let others = &mut self.rare.as_mut()?.more_waiting;
        let at = others.iter().position(|(other, _)| *other == number)?;
        Some(others.swap_remove(at).1)
    }

    /// Removes all of them, to be woken without the lock.
    pub(super) fn take_waiting(&mut self) -> Wakers {
        let others =
            self.rare.as_mut().map(|rare| mem::take(&mut rare.more_waiting)).unwrap_or_default();
        Wakers { first: self.first_waiting.take(), others, receiver: None }
    }
}

/// Futures that no longer wait.
#[must_use = "they have to be woken"]
#[derive(Debug)]
pub(crate) struct Wakers {
    first: Option<Waker>,
    others: Vec<(NonZeroU32, Waker)>,
    /// Whoever waits for a message.
    receiver: Option<Waker>,
}

impl Wakers {
    pub(super) fn and(self, receiver: Option<Waker>) -> Self {
        Self { receiver, ..self }
    }

    pub(crate) fn wake(self) {
        self.first.into_iter().chain(self.receiver).for_each(Waker::wake);
        self.others.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
