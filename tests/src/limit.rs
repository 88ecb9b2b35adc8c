//! Waits for tests: each has a limit, and its panic names the thing that was awaited.

use std::future::Future;
use std::time::Duration;

use supervisor::events::{Event, EventKind, Events};
use supervisor::info::ShutdownReport;
use supervisor::specs::Ready;
use supervisor::{ChildRef, ChildSpec, Supervisor};
use tokio::time::Instant;

/// Returns the limit of a wait: an hour of paused time, which passes at once, or 30 seconds of a
/// real clock, on which no test takes ten seconds.
fn limit() -> Duration {
    Duration::from_secs(if is_paused() { 3600 } else { 30 })
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
    let Ok(output) = tokio::time::timeout(limit(), future).await else {
        panic!("waited in vain for {what}");
    };
    output
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
    let Ok(found) = tokio::time::timeout(limit(), search).await else {
        panic!("waited in vain for {what}; there were: {seen:#?}");
    };
    found.unwrap_or_else(|| panic!("the events ended without {what}; there were: {seen:#?}"))
}

/// Waits until the condition holds, on a clock of any kind.
///
/// # Panics
///
/// If that takes too long; the message names the condition as `what`.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let reached = async {
        while !holds() {
            tokio::task::yield_now().await;
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
