//! Every wait of a test has a limit, and says what it waited for.

use std::future::Future;
use std::time::Duration;

use supervisor::events::{Event, EventKind, Events};

/// An hour of paused time passes at once; on a real clock, nothing here takes ten seconds.
fn limit() -> Duration {
    Duration::from_secs(if is_paused() { 3600 } else { 30 })
}

/// Whether tokio's clock stands still while the real one moves.
fn is_paused() -> bool {
    let (ours, real) = (tokio::time::Instant::now(), std::time::Instant::now());
    while real.elapsed() < Duration::from_micros(1) {}
    ours.elapsed().is_zero()
}

/// Waits for the future.
///
/// # Panics
///
/// If it takes too long, with what it was.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let Ok(output) = tokio::time::timeout(limit(), future).await else {
        panic!("waited in vain for {what}");
    };
    output
}

/// Waits for the first event that fits.
///
/// # Panics
///
/// If none comes, with the events that came instead.
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

/// Lets everything happen that can happen now. For a paused clock only: it moves when no task
/// has anything left to do, here by a millisecond.
pub async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
