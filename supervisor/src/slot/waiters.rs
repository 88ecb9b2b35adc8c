//! The futures that wait for a life to be asked to stop, or to end.

use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

use super::locked::Locked;
use crate::catch::{NumberedWakers, wake, wake_each};

/// The number of a waiting future.
///
/// `FIRST` is reused. A number is valid until its life is asked to stop or ends: both remove all
/// waiters under the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WaiterNumber(NonZeroU64);

/// The number of the future whose waker needs no allocation. All other numbers are given once.
const FIRST: WaiterNumber = WaiterNumber(NonZeroU64::MIN);

/// The futures that wait beside the first one, in the order in which they came.
#[derive(Debug)]
pub(super) struct MoreWaiting {
    wakers: NumberedWakers,
    /// The number of the future that was added last.
    last: WaiterNumber,
}

impl Default for MoreWaiting {
    fn default() -> Self {
        Self { wakers: NumberedWakers::new(), last: FIRST }
    }
}

impl Locked {
    /// Returns the waker of a future that waits already.
    pub(super) fn find_waiting(&mut self, number: WaiterNumber) -> Option<&mut Waker> {
        if number == FIRST {
            return self.first_waiting.as_mut();
        }
        self.rare.as_mut()?.more_waiting.find(number)
    }

    /// Adds a future, and returns its number.
    pub(super) fn add_waiting(&mut self, waker: Waker) -> WaiterNumber {
        if self.first_waiting.is_none() {
            self.first_waiting = Some(waker);
            return FIRST;
        }
        self.rare.get_or_insert_default().more_waiting.add(waker)
    }

    pub(super) fn remove_waiting(&mut self, number: WaiterNumber) -> Option<Waker> {
        if number == FIRST {
            return self.first_waiting.take();
        }
        self.rare.as_mut()?.more_waiting.remove(number)
    }

    /// Removes all waiting futures, to be woken without the lock.
    pub(super) fn take_waiting(&mut self) -> Wakers {
        let others = self.rare.as_mut().map(|rare| &mut rare.more_waiting.wakers);
        let others =
            others.filter(|wakers| !wakers.is_empty()).map(|wakers| Box::new(mem::take(wakers)));
        let first = self.first_waiting.take();
        Wakers { first, others, receiver: None }
    }
}

impl MoreWaiting {
    /// Adds a future, and returns its number.
    pub(super) fn add(&mut self, waker: Waker) -> WaiterNumber {
        self.last = WaiterNumber(self.last.0.saturating_add(1));
        self.wakers.insert(self.last.0.get(), waker);
        self.last
    }

    /// Returns the waker of a future that waits already.
    pub(super) fn find(&mut self, number: WaiterNumber) -> Option<&mut Waker> {
        self.wakers.get_mut(&number.0.get())
    }

    pub(super) fn remove(&mut self, number: WaiterNumber) -> Option<Waker> {
        self.wakers.remove(&number.0.get())
    }

    /// Removes all futures, to be woken without the lock. Their numbers are not given again: a future
    /// that was woken may be polled or dropped when others wait already.
    pub(super) fn take(&mut self) -> NumberedWakers {
        mem::take(&mut self.wakers)
    }
}

/// The wakers of futures that no longer wait.
#[must_use = "the futures have to be woken"]
#[derive(Debug)]
pub(crate) struct Wakers {
    first: Option<Waker>,
    /// `None` if there are none, as for nearly all children.
    others: Option<Box<NumberedWakers>>,
    /// The receiver of the mailbox, if it is parked.
    receiver: Option<Waker>,
}

impl Wakers {
    /// Adds the parked receiver.
    pub(super) fn with_receiver(self, receiver: Option<Waker>) -> Self {
        Self { receiver, ..self }
    }

    pub(crate) fn wake(self) {
        wake(self.first);
        wake(self.receiver);
        if let Some(others) = self.others {
            wake_each(others.into_values());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn waits(locked: &mut Locked) -> WaiterNumber {
        locked.add_waiting(Waker::noop().clone())
    }

    #[test]
    fn a_number_is_given_once_also_after_four_billion_futures() {
        let mut locked = Locked::default();
        let first = waits(&mut locked);
        locked.rare.get_or_insert_default().more_waiting.last =
            WaiterNumber(NonZeroU64::MIN.saturating_add(u64::from(u32::MAX) - 2));
        let numbers: Vec<_> = (0..4).map(|_| waits(&mut locked)).collect();
        assert!(numbers.is_sorted_by(|a, b| first < *a && a < b), "{numbers:?}");
    }

    #[test]
    fn the_first_future_leaves_its_number_to_the_next_one_only_when_it_waits_no_more() {
        let mut locked = Locked::default();
        let [first, second] = [(); 2].map(|()| waits(&mut locked));
        assert!(locked.remove_waiting(first).is_some());
        assert!(locked.find_waiting(second).is_some());
        assert_eq!(waits(&mut locked), first);
        assert!(locked.remove_waiting(second).is_some());
        assert!(locked.remove_waiting(second).is_none());
    }

    /// Returns the time that some futures take to wait, to be polled again, and to be dropped, among
    /// so many others: the shortest of many rounds, each so short that the thread keeps its processor.
    fn shortest_time_among(others: u32) -> Duration {
        let mut locked = Locked::default();
        let _others: Vec<_> = (0..others).map(|_| waits(&mut locked)).collect();
        let mut round = || {
            let began = Instant::now();
            let numbers: Vec<_> = (0..100).map(|_| waits(&mut locked)).collect();
            for number in &numbers {
                assert!(locked.find_waiting(*number).is_some());
            }
            for number in numbers.into_iter().rev() {
                assert!(locked.remove_waiting(number).is_some());
            }
            began.elapsed()
        };
        (0..50).map(|_| round()).min().unwrap_or_default()
    }

    #[test]
    fn a_future_costs_no_more_among_many() {
        let (few, many) = (shortest_time_among(100), shortest_time_among(32_000));
        assert!(many < 16 * few, "{many:?} among 32,000 others, {few:?} among 100");
    }
}
