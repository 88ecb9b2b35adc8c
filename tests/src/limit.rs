//! Waits for tests: each has a limit, and its panic names the thing that was awaited.

use std::future::Future;
use std::time::Duration;

use supervisor::events::{Event, EventKind, Events};
use supervisor::info::ShutdownReport;
use supervisor::specs::Ready;
use supervisor::{ChildRef, ChildSpec, Supervisor};
use tokio::time::{Instant, timeout};

use crate::processor::Waits;

/// The limit of a wait on a paused clock, where it passes at once.
const PAUSED: Duration = Duration::from_secs(3600);

/// The limit of a wait on a real clock, on which hardly a test takes ten seconds, in two parts: what each
/// thread had of the processor is looked at in the second only.
const REAL: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(20)];

/// Waits for the future; `None` if it takes too long. On a real clock, the time does not count in which a
/// thread of this process was ready to run, and other programs had the processors.
async fn limited<F: Future>(future: F) -> Option<F::Output> {
    // In a box, since each of these functions would hold its own place for a future of a test's size.
    let mut future = Box::pin(future);
    if is_paused() {
        return timeout(PAUSED, future).await.ok();
    }
    let [begins, mut goes_on] = REAL;
    if let Ok(output) = timeout(begins, future.as_mut()).await {
        return Some(output);
    }
    while goes_on >= Duration::from_secs(1) {
        let waits = Waits::now();
        if let Ok(output) = timeout(goes_on, future.as_mut()).await {
            return Some(output);
        }
        // Several threads may have waited at the same time.
        goes_on = waits.since().min(goes_on);
    }
    None
}

/// Returns `true` if tokio's clock stands still while the real one moves.
fn is_paused() -> bool {
    let (tokio, real) = (Instant::now(), std::time::Instant::now());
    while real.elapsed() < Duration::from_micros(1) {}
    tokio.elapsed().is_zero()
}

/// Waits for the future, and returns its output.
///
/// # Panics
///
/// If the future takes too long; the message names the future as `what`.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    limited(future).await.unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// Waits for the first event for which `fits` returns `true`, and returns it.
///
/// # Panics
///
/// If there is no such event; the message lists the events that happened instead.
pub async fn event(events: &mut Events, what: &str, fits: impl Fn(&Event) -> bool) -> Event {
    let mut seen = Vec::new();
    let search = async {
        while let Some(event) = events.next().await {
            if fits(&event) {
                return Some(event);
            }
            assert!(
                !matches!(event.kind(), EventKind::Missed { .. }),
                "missed events while waiting for {what}"
            );
            seen.push(event.to_string());
        }
        None
    };
    let Some(found) = limited(search).await else {
        panic!("waited in vain for {what}; there were: {seen:#?}");
    };
    found.unwrap_or_else(|| panic!("the events ended without {what}; there were: {seen:#?}"))
}

/// Waits until the condition holds, on a clock of any kind. A paused clock stands still meanwhile; on a real
/// one, the processor is left to those who work on the condition.
///
/// # Panics
///
/// If that takes too long; the message names the condition as `what`.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let is_paused = is_paused();
    let reached = async {
        while !holds() {
            if is_paused {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    within(what, reached).await;
}

/// Waits until no task has anything left to do: a paused clock advances, here by a millisecond, only
/// when all tasks wait.
///
/// # Panics
///
/// If the clock is not paused: it then moves while tasks are busy.
pub async fn quiet() {
    assert!(is_paused(), "on a real clock, `quiet` waits for nothing");
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Starts a supervisor of one child, shuts it down, and returns how long that took, with the report.
///
/// # Panics
///
/// If the start or the shutdown fails, or takes too long.
pub async fn time_to_stop(spec: ChildSpec<Ready<ChildRef>>) -> (Duration, ShutdownReport) {
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    (began.elapsed(), report)
}
