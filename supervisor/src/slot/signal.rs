//! What a life and its supervisor share without a lock: the life's number, and how far its end is.

use std::sync::atomic::{AtomicU64, Ordering};

/// The generation of the last life, shifted, with what is known of it.
#[derive(Debug)]
pub(super) struct Word(AtomicU64);

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
/// How far the generation is shifted.
const SHIFT: u32 = 7;

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

impl Word {
    /// Of a place that has had no life.
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(ENDED))
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

    /// A life begins; `false` if another one has not ended.
    pub(super) fn begin(&self, generation: u64, duties: Duties) -> bool {
        let notify = if duties.notify { NOTIFY } else { 0 };
        let heartbeat = if duties.heartbeat { HEARTBEAT } else { 0 };
        let previous = self.0.swap(generation << SHIFT | notify | heartbeat, Ordering::AcqRel);
        previous & ENDED != 0
    }

    pub(super) fn end(&self) {
        self.0.fetch_or(ENDED, Ordering::AcqRel);
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
    pub(super) fn look(&self, generation: u64) -> Signal {
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

    /// Asks the life to stop; `false` if it never looked and so cannot notice.
    pub(super) fn ask(&self) -> bool {
        self.0.fetch_or(STOP, Ordering::AcqRel) & LOOKED != 0
    }

    pub(super) fn is_asked(&self) -> bool {
        self.load() & STOP != 0
    }

    /// As [`ask`](Self::ask), unless the life is over and perhaps another one has begun.
    pub(super) fn ask_life(&self, generation: u64) -> bool {
        let asked = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (signal_of(word, generation) != Signal::Stale).then_some(word | STOP)
        });
        asked.is_ok()
    }

    /// Marks the life as hung; `false` if it is over.
    #[cfg(feature = "test-util")]
    pub(super) fn hang(&self, generation: u64) -> bool {
        let hung = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (signal_of(word, generation) != Signal::Stale).then_some(word | HUNG)
        });
        hung.is_ok()
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
