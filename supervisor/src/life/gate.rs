//! The gate in front of lives that need a lease: while the gate is shut, none of them is polled.
//!
//! The gate is the last line: the holder of the lease stops its children long before the lease may
//! end. But a machine can sleep between two instructions, while timers stand still. So each poll looks
//! at a clock that goes on in the machine's sleep.
//!
//! # Invariants
//!
//! 1. After the moment at which the gate shuts, no poll of a life begins.
//! 2. The gate opens again, with a higher fence, only when no life is left.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

mod clock;
mod history;

pub use self::clock::LeaseClock;
#[cfg(feature = "test-util")]
pub(crate) use self::clock::TurnedClock;
use self::history::History;
use crate::observe::{LeaseState, LeaseStatus};
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The gate of the lives below one supervisor.
pub(crate) struct Gate {
    /// The name of the lease.
    lease: Arc<str>,
    clock: LeaseClock,
    history: History,
    /// The moment at which the gate shuts, in nanoseconds of the clock; 0 while it is shut.
    shuts_at: AtomicU64,
    /// The moment from which a life that runs is too late to be stopped, in nanoseconds of the clock;
    /// 0 while no life is behind the gate.
    overruns_at: AtomicU64,
    /// The fence of the lease; 0 before the first one.
    fence: AtomicU64,
    /// The time for which the lease lasts if it is not released, in nanoseconds. Tests wait for it.
    #[cfg(feature = "test-util")]
    ttl: AtomicU64,
    /// The number of lives that have not ended.
    lives: AtomicUsize,
    /// The number of lives that run at this moment: those that are being polled, and those that run
    /// outside of their task.
    running: AtomicUsize,
    /// Notified when the last life has ended.
    ended: Notify,
}

impl Gate {
    /// Creates a gate that is shut.
    pub(crate) fn new(lease: Arc<str>, clock: LeaseClock) -> Arc<Self> {
        Arc::new(Self {
            lease,
            history: History::new(clock.now()),
            clock,
            shuts_at: AtomicU64::new(0),
            overruns_at: AtomicU64::new(0),
            fence: AtomicU64::new(0),
            #[cfg(feature = "test-util")]
            ttl: AtomicU64::new(0),
            lives: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            ended: Notify::new(),
        })
    }

    pub(crate) fn clock(&self) -> &LeaseClock {
        &self.clock
    }

    /// Says for how long the lease lasts if it is not released.
    #[cfg(feature = "test-util")]
    pub(crate) fn set_ttl(&self, ttl: Duration) {
        self.ttl.store(nanos(ttl), Ordering::SeqCst);
    }

    /// Returns the time for which the lease lasts if it is not released.
    #[cfg(feature = "test-util")]
    pub(crate) fn ttl(&self) -> Duration {
        Duration::from_nanos(self.ttl.load(Ordering::SeqCst))
    }

    /// Opens the gate until this moment, with this fence. From the second moment on, a life that runs
    /// is too late to be stopped.
    pub(crate) fn open(&self, fence: u64, shuts_at: Duration, overruns_at: Duration) {
        self.fence.store(fence, Ordering::SeqCst);
        self.extend(shuts_at, overruns_at);
        self.history.acquired(self.clock.now());
    }

    /// Returns `true` from the opening of the gate until the lease is lost or its lives have ended.
    pub(crate) fn leads(&self) -> bool {
        self.history.leads()
    }

    /// Notes that the lease is lost, or is about to be, and the lives have to end. The gate shuts by
    /// itself.
    pub(crate) fn lose(&self) {
        self.history.lost(self.clock.now());
    }

    /// Moves the moments of the open gate.
    pub(crate) fn extend(&self, shuts_at: Duration, overruns_at: Duration) {
        self.overruns_at.store(nanos(overruns_at), Ordering::SeqCst);
        self.shuts_at.store(nanos(shuts_at), Ordering::SeqCst);
    }

    /// Shuts the gate before its moment, unless it is shut. From this moment on, a life that still runs
    /// is too late to be stopped.
    pub(crate) fn shut(&self, overruns_at: Duration) {
        if self.shuts_at.swap(0, Ordering::SeqCst) > 0 {
            self.overruns_at.store(nanos(overruns_at), Ordering::SeqCst);
        }
    }

    /// Shuts the gate when no life is left.
    pub(crate) fn close(&self) {
        self.shuts_at.store(0, Ordering::SeqCst);
        self.overruns_at.store(0, Ordering::SeqCst);
        self.history.stands_by(self.clock.now());
    }

    /// Returns `true` from the opening of the gate until it is closed.
    pub(crate) fn is_in_use(&self) -> bool {
        self.overruns_at().is_some()
    }

    /// Returns the moment from which a life that runs is too late to be stopped; `None` while no life
    /// is behind the gate.
    pub(crate) fn overruns_at(&self) -> Option<Duration> {
        moment(&self.overruns_at)
    }

    /// Returns the moment at which the gate shuts; `None` while it is shut already.
    fn shuts_at(&self) -> Option<Duration> {
        moment(&self.shuts_at)
    }

    /// Returns `true` if a life may be polled now.
    pub(crate) fn is_open(&self) -> bool {
        self.shuts_at().is_some_and(|at| self.clock.now() < at)
    }

    /// Returns the fence of the lease; `None` while the gate is shut.
    pub(crate) fn fence(&self) -> Option<u64> {
        self.is_open().then(|| self.fence.load(Ordering::SeqCst))
    }

    /// Returns `true` if a life runs at this moment.
    pub(crate) fn is_used(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }

    /// Returns the status of the lease.
    pub(crate) fn status(&self) -> LeaseStatus {
        let (now, history) = (self.clock.now(), &self.history);
        let shuts_at = self.shuts_at();
        let (state, since) = match shuts_at.filter(|at| now < *at) {
            Some(_) if history.leads() => (LeaseState::Leading, history.since()),
            // The keeper has not noticed yet that the lease has ended, as after the machine's sleep.
            None if history.leads() => (LeaseState::Lost, shuts_at.unwrap_or(now)),
            _ if self.lives.load(Ordering::SeqCst) > 0 => (LeaseState::Lost, history.since()),
            _ => (LeaseState::Standby, history.since()),
        };
        let left = shuts_at.filter(|_| state == LeaseState::Leading);
        LeaseStatus {
            lease: self.lease.to_string(),
            state,
            lasted: now.saturating_sub(since),
            fence: Some(self.fence.load(Ordering::SeqCst)).filter(|fence| *fence > 0),
            left: left.map(|at| at.saturating_sub(now)),
            acquisitions: history.acquisitions(),
            losses: history.losses(),
            last_loss: history.lost_at().map(|at| now.saturating_sub(at)),
        }
    }

    /// Waits until no life is left.
    pub(crate) async fn all_ended(&self) {
        loop {
            let mut ended = pin!(self.ended.notified());
            // Registered before the look: the last life may end in between.
            ended.as_mut().enable();
            if self.lives.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Lets a life in, which is polled by its task.
    pub(crate) fn admit(self: &Arc<Self>) -> Pass {
        self.lives.fetch_add(1, Ordering::SeqCst);
        Pass { gate: Arc::clone(self), runs_outside: false }
    }
}

/// The pass of a life through the gate; the life drops it when it has ended.
pub(crate) struct Pass {
    gate: Arc<Gate>,
    runs_outside: bool,
}

impl Pass {
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Makes the life count as one that runs all the time, since its thread or process goes on
    /// whether or not its task is polled.
    pub(crate) fn run_outside(&mut self) {
        if !std::mem::replace(&mut self.runs_outside, true) {
            self.gate.running.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Begins a poll of the life; `None` if the gate is shut: the life waits for its end.
    pub(crate) fn turn(&self) -> Option<Turn> {
        // Counted before the look: who finds no life that runs knows that none is about to.
        let turn = Turn::of(&self.gate);
        (self.runs_outside || self.gate.is_open()).then_some(turn)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.runs_outside {
            self.gate.running.fetch_sub(1, Ordering::SeqCst);
        }
        if self.gate.lives.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.gate.ended.notify_waiters();
        }
    }
}

/// Guard of one poll.
pub(crate) struct Turn(Arc<Gate>);

impl Turn {
    fn of(gate: &Arc<Gate>) -> Self {
        gate.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(gate))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Returns the moment that is stored here, if there is one.
fn moment(stored: &AtomicU64) -> Option<Duration> {
    Some(stored.load(Ordering::SeqCst)).filter(|at| *at > 0).map(Duration::from_nanos)
}

/// Returns a moment in nanoseconds, which last for five centuries.
fn nanos(moment: Duration) -> u64 {
    u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("shuts_at", &self.shuts_at()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Turn").field(&self.0).finish()
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pass").field(&self.gate).finish()
    }
}
