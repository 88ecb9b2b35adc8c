//! The futures that wait for a life to be asked to stop.

use std::mem;
use std::num::NonZeroU32;
use std::task::Waker;

use super::locked::Locked;

/// The number of the future whose waker needs no allocation.
///
/// The number is reused when that future no longer waits. So a number is valid in the life that it
/// was given in, until that life is asked to stop: the request, and the end of the life, take all
/// futures, under the same lock.
const FIRST: NonZeroU32 = NonZeroU32::MIN;

impl Locked {
    /// Returns the waker of a future that waits already.
    pub(super) fn find_waiting(&mut self, number: NonZeroU32) -> Option<&mut Waker> {
        if number == FIRST {
            return self.first_waiting.as_mut();
        }
        let others = &mut self.rare.as_mut()?.more_waiting;
        others.iter_mut().find(|(other, _)| *other == number).map(|(_, waker)| waker)
    }

    /// Adds a future, and returns its number.
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

    /// Removes all waiting futures, to be woken without the lock.
    pub(super) fn take_waiting(&mut self) -> Wakers {
        let others =
            self.rare.as_mut().map(|rare| mem::take(&mut rare.more_waiting)).unwrap_or_default();
        Wakers { first: self.first_waiting.take(), others, receiver: None }
    }
}

/// The wakers of futures that no longer wait.
#[must_use = "the futures have to be woken"]
#[derive(Debug)]
pub(crate) struct Wakers {
    first: Option<Waker>,
    others: Vec<(NonZeroU32, Waker)>,
    /// The receiver of the mailbox, if it is parked.
    receiver: Option<Waker>,
}

impl Wakers {
    /// Adds the parked receiver.
    pub(super) fn with_receiver(self, receiver: Option<Waker>) -> Self {
        Self { receiver, ..self }
    }

    pub(crate) fn wake(self) {
        self.first.into_iter().chain(self.receiver).for_each(Waker::wake);
        self.others.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
