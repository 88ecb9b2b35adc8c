//! What the children of all contenders do, and what is known about them.
//!
//! It is process-wide, since each job has a process of its own: so no child has to own anything
//! for the sake of the measurement.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

static LIVES: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);
static EXPECTED: AtomicUsize = AtomicUsize::new(0);
static ALL_UP: Notify = Notify::const_new();
static TAKEN: AtomicBool = AtomicBool::new(false);
static WATCHED: AtomicBool = AtomicBool::new(false);
static PAUSES: Mutex<Pauses> = Mutex::new(Pauses { last: None, longest: Duration::ZERO });

/// What a failing child fails with.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A life's local variable: alive as long as the life is.
pub(crate) struct Local(());

impl Drop for Local {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Relaxed);
    }
}

/// A life of a child that waits begins.
pub(crate) fn enter() -> Local {
    if LIVES.fetch_add(1, Relaxed) + 1 == EXPECTED.load(Relaxed) {
        ALL_UP.notify_one();
    }
    Local(())
}

/// A whole life of the child that fails: it is over at once.
pub(crate) fn fail(failure: Failure) -> Result<(), Failed> {
    LIVES.fetch_add(1, Relaxed);
    if WATCHED.load(Relaxed) {
        note_pause();
    }
    match failure {
        Failure::Error => Err("failed".into()),
        Failure::Panic => panic!("failed"),
    }
}

/// From now on the time between two lives of the child that fails is watched.
pub(crate) fn watch_pauses() {
    WATCHED.store(true, Relaxed);
}

/// The longest time that was watched.
pub(crate) fn longest_pause() -> Duration {
    PAUSES.lock().expect("nobody panics with it").longest
}

fn note_pause() {
    let mut pauses = PAUSES.lock().expect("nobody panics with it");
    let now = Instant::now();
    if let Some(last) = pauses.last.replace(now) {
        pauses.longest = pauses.longest.max(now - last);
    }
}

struct Pauses {
    last: Option<Instant>,
    longest: Duration,
}

/// How the child that fails does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It returns an error.
    Error,
    /// It panics.
    Panic,
}

/// Whether the caller is the first to ask: among children that are all alike it is the one that
/// fails.
pub(crate) fn is_first() -> bool {
    !TAKEN.swap(true, Relaxed)
}

/// Says how many lives are to begin before [`all_up`] completes.
pub(crate) fn expect(lives: usize) {
    EXPECTED.store(lives, Relaxed);
}

/// Waits until as many lives as expected have begun.
pub(crate) async fn all_up() {
    ALL_UP.notified().await;
}

/// How many lives have begun.
pub(crate) fn lives() -> usize {
    LIVES.load(Relaxed)
}

/// How many lives have not ended: their locals are still there.
pub(crate) fn alive() -> usize {
    let ended = ENDED.load(Relaxed);
    LIVES.load(Relaxed).saturating_sub(ended)
}
