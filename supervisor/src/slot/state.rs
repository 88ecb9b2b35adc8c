//! What is known of a life without a lock: its number, how far its end is, the child's state.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::spec::ChildState;

/// The generation of the last life, shifted, with what is known of it. (What is left for the
/// generation lasts for a century of restarts, at a million a second.)
#[derive(Debug)]
pub(super) struct AtomicState(AtomicU64);

/// The life has looked at its shutdown signal, so it can notice it.
const LOOKED: u64 = 1;
/// The life has been asked to stop.
const STOP: u64 = 2;
/// The life is over, and its task gone.
const ENDED: u64 = 4;
/// The life has dropped its context before it was ready.
const ABANDONED: u64 = 8;
/// The life has to report that it is up.
const NOTIFY: u64 = 16;
/// The life has to show that it lives.
const HEARTBEAT: u64 = 32;
/// The life is not polled any more, as a test wants it.
#[cfg(feature = "test-util")]
const HUNG: u64 = 64;
/// Where the child's state is, as a number.
const STATE: Field = Field { shift: 7, bits: 3 };
/// Where the end of its last life is, as a number.
const EXIT: Field = Field { shift: 10, bits: 2 };
/// How far the generation is shifted.
const SHIFT: u32 = 12;

/// Some bits of the word.
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

/// How the last life ended: the ends that are common are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastExit {
    /// There was none.
    None,
    Normal,
    Shutdown,
    /// Something else, which the place has.
    Other,
}

/// By their numbers.
const STATES: [ChildState; 6] = [
    ChildState::Starting,
    ChildState::Running,
    ChildState::Stopping,
    ChildState::Restarting,
    ChildState::Stopped,
    ChildState::Unstoppable,
];
const EXITS: [LastExit; 4] =
    [LastExit::None, LastExit::Normal, LastExit::Shutdown, LastExit::Other];

/// What a life owes its supervisor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Duties {
    /// To report that it is up.
    pub(crate) notify: bool,
    /// To show that it lives.
    pub(crate) heartbeat: bool,
}

/// What a life sees when it looks at its shutdown signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Go on.
    Live,
    /// Please stop.
    Asked,
    /// It is being dropped already: it must not begin to clean up and be cut half-way.
    TooLate,
    /// The life is over.
    Stale,
}

impl AtomicState {
    /// Of a place that has had no life.
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(ENDED | STATE.with(ChildState::Stopped as u64)))
    }

    pub(super) fn generation(&self) -> u64 {
        self.load() >> SHIFT
    }

    /// Whether a life's task exists.
    pub(super) fn is_occupied(&self) -> bool {
        self.load() & ENDED == 0
    }

    pub(super) fn duties(&self) -> Duties {
        let word = self.load();
        Duties { notify: word & NOTIFY != 0, heartbeat: word & HEARTBEAT != 0 }
    }

    pub(super) fn state(&self) -> ChildState {
        let number = usize::try_from(STATE.of(self.load())).unwrap_or(0);
        STATES.get(number).copied().unwrap_or(ChildState::Stopped)
    }

    pub(super) fn last_exit(&self) -> LastExit {
        let number = usize::try_from(EXIT.of(self.load())).unwrap_or(0);
        EXITS.get(number).copied().unwrap_or(LastExit::None)
    }

    /// Changes the state. Only one at a time: whoever has the place's lock.
    pub(super) fn enter(&self, state: ChildState) {
        self.set(STATE.mask(), STATE.with(state as u64));
    }

    /// Records how the last life ended, with the slot's lock.
    pub(super) fn record_exit(&self, exit: LastExit) {
        self.set(EXIT.mask(), EXIT.with(exit as u64));
    }

    /// Flips the bits that differ. Nobody else changes these, but the others may change meanwhile.
    fn set(&self, mask: u64, fields: u64) {
        self.0.fetch_xor((self.load() ^ fields) & mask, Ordering::AcqRel);
    }

    /// A life begins; `false` if another one has not ended. With the place's lock.
    pub(super) fn begin(&self, generation: u64, duties: Duties, state: ChildState) -> bool {
        let notify = if duties.notify { NOTIFY } else { 0 };
        let heartbeat = if duties.heartbeat { HEARTBEAT } else { 0 };
        let kept = self.load() & EXIT.mask() | STATE.with(state as u64);
        let word = generation << SHIFT | notify | heartbeat | kept;
        self.0.swap(word, Ordering::AcqRel) & ENDED != 0
    }

    /// The life is over; whether it has looked. With the place's lock.
    pub(super) fn end(&self) -> bool {
        self.0.fetch_or(ENDED, Ordering::AcqRel) & LOOKED != 0
    }

    pub(super) fn abandon(&self) {
        self.0.fetch_or(ABANDONED, Ordering::AcqRel);
    }

    pub(super) fn take_abandoned(&self) -> bool {
        self.load() & ABANDONED != 0
            && self.0.fetch_and(!ABANDONED, Ordering::AcqRel) & ABANDONED != 0
    }

    /// What a life of that number would see.
    pub(super) fn signal(&self, generation: u64) -> Signal {
        signal_of(self.load(), generation)
    }

    /// Looks at the shutdown signal, which a life has to do to be asked rather than dropped.
    pub(super) fn observe_stop(&self, generation: u64) -> Signal {
        let mut word = self.load();
        loop {
            let signal = signal_of(word, generation);
            if signal != Signal::Live || word & LOOKED != 0 {
                return signal;
            }
            let looked = word | LOOKED;
            match self.0.compare_exchange_weak(word, looked, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Signal::Live,
                Err(now) => word = now,
            }
        }
    }

    /// Asks the life to stop; `false` if it never looked and so cannot notice. With the place's lock.
    pub(super) fn ask(&self) -> bool {
        let stopping = STATE.with(ChildState::Stopping as u64) | STOP;
        let asked = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            Some(word & !STATE.mask() | stopping)
        });
        asked.is_ok_and(|word| word & LOOKED != 0)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.load() & STOP != 0
    }

    /// Raises the signal of this life, which is not being stopped by its supervisor; `false` if the
    /// life is over, and perhaps another one has begun. With the place's lock.
    pub(super) fn signal_life(&self, generation: u64) -> bool {
        self.raise(generation, STOP)
    }

    /// Marks the life as hung; `false` if it is over.
    #[cfg(feature = "test-util")]
    pub(super) fn hang(&self, generation: u64) -> bool {
        self.raise(generation, HUNG)
    }

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

    fn load(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

fn signal_of(word: u64, generation: u64) -> Signal {
    let is_current = word >> SHIFT == generation && word & ENDED == 0;
    match (is_current, word & LOOKED != 0, word & STOP != 0) {
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
        for (number, state) in STATES.into_iter().enumerate() {
            assert_eq!(state as usize, number);
        }
        for (number, exit) in EXITS.into_iter().enumerate() {
            assert_eq!(exit as usize, number);
        }
    }

    #[test]
    fn each_field_keeps_to_itself() {
        let word = AtomicState::new();
        assert_eq!((word.state(), word.last_exit()), (ChildState::Stopped, LastExit::None));
        for state in STATES {
            for exit in EXITS {
                word.enter(state);
                word.record_exit(exit);
                assert_eq!((word.state(), word.last_exit(), word.generation()), (state, exit, 0));
                assert!(!word.is_occupied() && !word.is_asked());
            }
        }
        let last = u64::MAX >> SHIFT;
        let duties = Duties { notify: true, heartbeat: true };
        assert!(word.begin(last, duties, ChildState::Running), "the place was free");
        let known = (word.state(), word.last_exit(), word.generation());
        assert_eq!(known, (ChildState::Running, LastExit::Other, last));
        assert!(word.is_occupied() && word.duties().notify && word.duties().heartbeat);
        assert!(!word.begin(last, duties, ChildState::Running), "it is not");
        assert!(!word.ask(), "nobody has looked");
        assert_eq!((word.state(), word.generation()), (ChildState::Stopping, last));
        assert!(word.is_asked());
    }
}
