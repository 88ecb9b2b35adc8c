//! The state of a slot that is read without a lock: one atomic word with the number of the last
//! life, its flags, the child's state and the last exit.

use crate::engine::Shown;
use crate::spec::ChildState;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The generation of the last life in the high bits, with flags and fields below it. (The bits left
/// for the generation last for two years of restarts, at a million a second.)
#[derive(Debug)]
pub(super) struct AtomicState(AtomicU64);

/// The life has checked its shutdown signal, so it can notice a request.
const OBSERVED_STOP: u64 = 1;
/// The life has been asked to stop.
const STOP: u64 = 2;
/// The life has ended, and its task is gone.
const ENDED: u64 = 4;
/// The life has dropped its context before it was ready.
const ABANDONED: u64 = 8;
/// The life has to report that it is up.
const NOTIFY: u64 = 16;
/// The life has to give heartbeats.
const HEARTBEAT: u64 = 32;
/// The life is not polled any more: a test makes it hang.
#[cfg(feature = "test-util")]
const HUNG: u64 = 64;
/// The next life fails when it is about to begin: a test wants it to.
#[cfg(feature = "test-util")]
const FAILS_NEXT: u64 = 128;
/// The flags that the beginning of a life leaves as they are.
const KEPT_FLAGS: u64 = {
    #[cfg(feature = "test-util")]
    {
        FAILS_NEXT | AWAITED
    }
    #[cfg(not(feature = "test-util"))]
    {
        AWAITED
    }
};
/// The child's state, as an index of [`ChildState::ALL`], or [`HELD`].
const STATE: Field = Field { shift: 8, bits: 4 };
/// The last exit, as an index of [`EXITS`].
const EXIT: Field = Field { shift: 12, bits: 2 };
/// The life has said how it is, under the slot's lock.
const SAID: u64 = 1 << 14;
/// No life is pending.
const CLOSED: u64 = 1 << 15;
/// A future waits, or has waited, for the child's end for good.
const AWAITED: u64 = 1 << 16;
/// The life has spawned tasks that end with it.
const SCOPED: u64 = 1 << 17;
/// The number of bits by which the generation is shifted.
const SHIFT: u32 = 18;

/// A range of bits in the word.
#[derive(Clone, Copy)]
struct Field {
    shift: u32,
    bits: u32,
}

impl Field {
    const fn mask(self) -> u64 {
        ((1 << self.bits) - 1) << self.shift
    }

    const fn of(self, word: u64) -> u64 {
        (word & self.mask()) >> self.shift
    }

    const fn with(self, value: u64) -> u64 {
        value << self.shift
    }
}

/// The exit of the last life, or that the slot holds it under its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastExit {
    /// No life has ended.
    None,
    Normal,
    Shutdown,
    /// A rarer exit, which the slot holds under its lock.
    Other,
}

/// The number of the state of a child that comes back only with its group or its supervisor; it is
/// shown as restarting.
const HELD: u64 = ChildState::ALL.len() as u64;
const _: () = assert!(HELD < 1 << STATE.bits, "the numbers of all states fit into their bits");
/// The exits by their numbers.
const EXITS: [LastExit; 4] =
    [LastExit::None, LastExit::Normal, LastExit::Shutdown, LastExit::Other];

/// The reports that a life owes its supervisor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Duties {
    /// The life has to report that it is up.
    pub(crate) notify: bool,
    /// The life has to give heartbeats.
    pub(crate) heartbeat: bool,
}

/// The shutdown signal from the point of view of one life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The life goes on.
    Live,
    /// The life is asked to stop.
    Asked,
    /// The life is being dropped already, so it must not begin a cleanup that is cut off half-way.
    /// Futures in other tasks wait for its end.
    TooLate,
    /// The life has ended.
    Stale,
}

/// The state of a slot as regards the child's end for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// No life is pending.
    pub(super) is_closed: bool,
    /// No life's task exists.
    pub(super) is_free: bool,
    /// A future waits, or has waited, for the end.
    pub(super) is_awaited: bool,
}

impl Ending {
    fn of(word: u64) -> Self {
        Self {
            is_closed: word & CLOSED != 0,
            is_free: word & ENDED != 0,
            is_awaited: word & AWAITED != 0,
        }
    }

    /// Returns `true` if the child has ended for good.
    pub(super) fn is_over(self) -> bool {
        self.is_closed && self.is_free
    }
}

impl AtomicState {
    /// Creates the state of a slot that has had no life.
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(ENDED | STATE.with(ChildState::NotStarted as u64)))
    }

    pub(super) fn generation(&self) -> u64 {
        self.load() >> SHIFT
    }

    /// Returns `true` if a life's task exists.
    pub(super) fn is_occupied(&self) -> bool {
        self.load() & ENDED == 0
    }

    pub(super) fn duties(&self) -> Duties {
        let word = self.load();
        Duties { notify: word & NOTIFY != 0, heartbeat: word & HEARTBEAT != 0 }
    }

    pub(super) fn state(&self) -> ChildState {
        // Each number but `HELD` is the index of a state.
        let number = usize::try_from(STATE.of(self.load())).unwrap_or(0);
        ChildState::ALL.get(number).copied().unwrap_or(ChildState::Restarting)
    }

    pub(super) fn last_exit(&self) -> LastExit {
        let number = usize::try_from(EXIT.of(self.load())).unwrap_or(0);
        EXITS.get(number).copied().unwrap_or(LastExit::None)
    }

    /// Returns `true` if the child comes back only with its group or its supervisor.
    #[inline]
    pub(super) fn is_held(&self) -> bool {
        STATE.of(self.load()) == HELD
    }

    /// Changes the child's state. Call with the slot's lock, since changes must not overlap.
    pub(super) fn enter(&self, state: Shown) {
        let number = match state {
            Shown::Is(state) => state as u64,
            Shown::Held => HELD,
        };
        self.set(STATE.mask(), STATE.with(number));
    }

    /// Records the exit of the last life. Call with the slot's lock.
    pub(super) fn record_exit(&self, exit: LastExit) {
        self.set(EXIT.mask(), EXIT.with(exit as u64));
    }

    /// Flips the bits of the mask that differ. The slot's lock keeps these bits from changing
    /// meanwhile; the other bits may change, and stay as they are.
    fn set(&self, mask: u64, fields: u64) {
        let differs = (self.load() ^ fields) & mask;
        if differs != 0 {
            self.0.fetch_xor(differs, Ordering::AcqRel);
        }
    }

    /// Begins a life. Returns `false` if another life has not ended. Call with the slot's lock.
    pub(super) fn begin(&self, generation: u64, duties: Duties, state: ChildState) -> bool {
        let notify = if duties.notify { NOTIFY } else { 0 };
        let heartbeat = if duties.heartbeat { HEARTBEAT } else { 0 };
        let before = self.load();
        let fields = before & (EXIT.mask() | KEPT_FLAGS) | STATE.with(state as u64);
        let word = generation << SHIFT | notify | heartbeat | fields;
        // No bit changes in between: the life that could change one without the lock has ended.
        self.0.store(word, Ordering::Release);
        before & ENDED != 0
    }

    /// Ends the life. Returns `true` if a receiver may wait in its name: if it has checked its
    /// shutdown signal, or was asked to stop before it did. Call with the slot's lock.
    pub(super) fn end(&self) -> bool {
        self.0.fetch_or(ENDED, Ordering::AcqRel) & (OBSERVED_STOP | STOP) != 0
    }

    /// Notes that no life is pending. Returns the state before that.
    pub(super) fn close(&self) -> Ending {
        let word = self.load();
        // Most children are closed a second time, when their supervisor has ended.
        if word & CLOSED != 0 {
            return Ending::of(word);
        }
        Ending::of(self.0.fetch_or(CLOSED, Ordering::AcqRel))
    }

    /// Notes that a future waits for the child's end for good. Returns the state before that.
    pub(super) fn await_end(&self) -> Ending {
        Ending::of(self.0.fetch_or(AWAITED, Ordering::AcqRel))
    }

    /// Notes that this life has spawned tasks. Returns `false` if the life has ended.
    pub(super) fn set_scoped(&self, generation: u64) -> bool {
        self.raise(generation, SCOPED)
    }

    pub(super) fn is_scoped(&self) -> bool {
        self.load() & SCOPED != 0
    }

    pub(super) fn ending(&self) -> Ending {
        Ending::of(self.load())
    }

    /// Notes that this life has dropped its context before it was ready; does nothing if the life
    /// has ended.
    pub(super) fn abandon(&self, generation: u64) {
        self.raise(generation, ABANDONED);
    }

    pub(super) fn take_abandoned(&self) -> bool {
        self.load() & ABANDONED != 0
            && self.0.fetch_and(!ABANDONED, Ordering::AcqRel) & ABANDONED != 0
    }

    /// Returns the signal as a life of this number sees it.
    pub(super) fn signal(&self, generation: u64) -> Signal {
        signal_of(self.load(), generation)
    }

    /// Checks the shutdown signal. A life that never does so is dropped, not asked to stop.
    pub(super) fn observe_stop(&self, generation: u64) -> Signal {
        let mut word = self.load();
        loop {
            let signal = signal_of(word, generation);
            if signal != Signal::Live || word & OBSERVED_STOP != 0 {
                return signal;
            }
            let observed = word | OBSERVED_STOP;
            match self.0.compare_exchange_weak(word, observed, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Signal::Live,
                Err(now) => word = now,
            }
        }
    }

    /// Asks the life to stop. Returns `false` if it has never checked its shutdown signal and so
    /// cannot notice. Call with the slot's lock.
    pub(super) fn ask(&self) -> bool {
        let stopping = STATE.with(ChildState::Stopping as u64) | STOP;
        let asked = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            Some(word & !STATE.mask() | stopping)
        });
        asked.is_ok_and(|word| word & OBSERVED_STOP != 0)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.load() & STOP != 0
    }

    /// Raises the shutdown signal of this life, without a request of its supervisor. Returns
    /// `false` if the life has ended, and perhaps another one has begun. Call with the slot's lock.
    pub(super) fn signal_life(&self, generation: u64) -> bool {
        self.raise(generation, STOP)
    }

    /// Notes whether this life says how it is. Returns `false` if the life has ended. Call with the
    /// slot's lock.
    pub(super) fn set_said(&self, generation: u64, says: bool) -> bool {
        if self.signal(generation) == Signal::Stale {
            return false;
        }
        if says {
            self.raise(generation, SAID)
        } else {
            self.0.fetch_and(!SAID, Ordering::AcqRel) != 0
        }
    }

    /// Returns `true` if a life goes on that says how it is.
    pub(super) fn is_said(&self) -> bool {
        self.load() & (SAID | ENDED) == SAID
    }

    /// Marks the life as hung. Returns `false` if the life has ended.
    #[cfg(feature = "test-util")]
    pub(super) fn hang(&self, generation: u64) -> bool {
        self.raise(generation, HUNG)
    }

    /// Sets a flag of this life, unless the life has ended. Returns `false` if it has.
    fn raise(&self, generation: u64, flag: u64) -> bool {
        let raised = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (signal_of(word, generation) != Signal::Stale).then_some(word | flag)
        });
        raised.is_ok()
    }

    #[cfg(feature = "test-util")]
    pub(super) fn hangs(&self) -> bool {
        self.load() & HUNG != 0
    }

    /// Makes the next life fail when it is about to begin.
    #[cfg(feature = "test-util")]
    pub(super) fn fail_next(&self) {
        self.0.fetch_or(FAILS_NEXT, Ordering::AcqRel);
    }

    /// Returns `true`, once, if the life that is about to begin has to fail.
    #[cfg(feature = "test-util")]
    pub(super) fn take_fails_next(&self) -> bool {
        self.load() & FAILS_NEXT != 0
            && self.0.fetch_and(!FAILS_NEXT, Ordering::AcqRel) & FAILS_NEXT != 0
    }

    fn load(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

fn signal_of(word: u64, generation: u64) -> Signal {
    let is_current = word >> SHIFT == generation && word & ENDED == 0;
    match (is_current, word & OBSERVED_STOP != 0, word & STOP != 0) {
        (false, ..) => Signal::Stale,
        (true, _, false) => Signal::Live,
        (true, true, true) => Signal::Asked,
        (true, false, true) => Signal::TooLate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_declared() {
        for (number, state) in ChildState::ALL.iter().enumerate() {
            assert_eq!(*state as usize, number);
        }
        for (number, exit) in EXITS.into_iter().enumerate() {
            assert_eq!(exit as usize, number);
        }
    }

    #[test]
    fn each_field_keeps_to_itself() {
        let word = AtomicState::new();
        assert_eq!((word.state(), word.last_exit()), (ChildState::NotStarted, LastExit::None));
        word.enter(Shown::Held);
        assert_eq!((word.state(), word.is_held()), (ChildState::Restarting, true));
        for &state in ChildState::ALL {
            for exit in EXITS {
                word.enter(Shown::Is(state));
                word.record_exit(exit);
                assert_eq!((word.state(), word.last_exit(), word.generation()), (state, exit, 0));
                assert!(!word.is_occupied() && !word.is_asked());
            }
        }
        let last = u64::MAX >> SHIFT;
        let duties = Duties { notify: true, heartbeat: true };
        assert!(word.begin(last, duties, ChildState::Running), "the slot was free");
        let known = (word.state(), word.last_exit(), word.generation());
        assert_eq!(known, (ChildState::Running, LastExit::Other, last));
        assert!(word.is_occupied() && word.duties().notify && word.duties().heartbeat);
        assert!(!word.begin(last, duties, ChildState::Running), "the slot is occupied");
        assert!(!word.ask(), "the life has not checked its signal");
        assert_eq!((word.state(), word.generation()), (ChildState::Stopping, last));
        assert!(word.is_asked());
    }
}
