//! The work of the children of all contenders, and the counters that observe it.
//!
//! The counters are process-wide, since each job has a process of its own: so no child has to own a
//! value for the measurement alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

static LIVES: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);
static EXPECTED: AtomicUsize = AtomicUsize::new(0);
static ALL_UP: Notify = Notify::const_new();
static STORM: Notify = Notify::const_new();
static STORM_HAS_COME: AtomicBool = AtomicBool::new(false);
static TAKEN: AtomicBool = AtomicBool::new(false);
static WATCHED: AtomicBool = AtomicBool::new(false);
static PAUSES: Mutex<Pauses> = Mutex::new(Pauses { last: None, longest: Duration::ZERO });

/// The error of a child that fails.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A life's local variable, which lives as long as the life.
pub(crate) struct Local(());

impl Drop for Local {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Relaxed);
    }
}

/// Begins a life of a child that waits.
pub(crate) fn enter() -> Local {
    count_life();
    Local(())
}

fn count_life() {
    if LIVES.fetch_add(1, Relaxed) + 1 == EXPECTED.load(Relaxed) {
        ALL_UP.notify_one();
    }
}

/// Waits for the storm, in which all children fail at once; returns at once in a life after it.
pub(crate) async fn storm() -> Result<(), Failed> {
    // Made before the look at the flag, so that it misses no storm that comes after that look.
    let coming = STORM.notified();
    if STORM_HAS_COME.load(Relaxed) {
        return Ok(());
    }
    coming.await;
    Err("struck".into())
}

/// Makes all children fail that wait for the storm.
pub(crate) fn strike() {
    STORM_HAS_COME.store(true, Relaxed);
    STORM.notify_waiters();
}

/// Runs a whole life of the child that fails, which ends at once.
pub(crate) fn fail(failure: Failure) -> Result<(), Failed> {
    count_life();
    if WATCHED.load(Relaxed) {
        note_pause();
    }
    match failure {
        Failure::Error => Err("failed".into()),
        Failure::Panic => panic!("failed"),
    }
}

/// Begins to measure the time between two lives of the child that fails.
pub(crate) fn watch_pauses() {
    WATCHED.store(true, Relaxed);
}

/// Returns the longest time between two lives that was measured.
pub(crate) fn longest_pause() -> Duration {
    PAUSES.lock().expect("no panic under the lock").longest
}

fn note_pause() {
    let mut pauses = PAUSES.lock().expect("no panic under the lock");
    let now = Instant::now();
    if let Some(last) = pauses.last.replace(now) {
        pauses.longest = pauses.longest.max(now - last);
    }
}

/// The times between the lives of the child that fails.
struct Pauses {
    last: Option<Instant>,
    longest: Duration,
}

/// The way in which the failing child fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The child returns an error.
    Error,
    /// The child panics.
    Panic,
}

/// Returns `true` to its first caller: among children that are all alike, that is the one that
/// fails.
pub(crate) fn is_first() -> bool {
    !TAKEN.swap(true, Relaxed)
}

/// Sets the number of lives that have to begin before [`all_up`] completes.
pub(crate) fn expect(lives: usize) {
    EXPECTED.store(lives, Relaxed);
}

/// Waits until as many lives as expected have begun.
pub(crate) async fn all_up() {
    ALL_UP.notified().await;
}

/// Returns the number of lives that have begun.
pub(crate) fn lives() -> usize {
    LIVES.load(Relaxed)
}

/// Returns the number of lives that have not ended: their local variables still exist.
pub(crate) fn alive() -> usize {
    let ended = ENDED.load(Relaxed);
    LIVES.load(Relaxed).saturating_sub(ended)
}
