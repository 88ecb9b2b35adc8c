//! Hand-overs between replicas in this process.

use std::time::Duration;

use supervisor::lease::Leases;
use tokio::time::sleep;

use super::{Replica, StepResult, until};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Checks that another replica runs the children as soon as a graceful shutdown has ended them, fifty times.
/// Each replica gets an engine of its own.
///
/// # Errors
///
/// If a tree does not start or stop, or a take-over takes too long.
///
/// # Panics
///
/// If the median is not below 100 milliseconds, two replicas run at once, or a fence does not grow.
pub async fn a_graceful_shutdown_hands_over_at_once<L: Leases>(
    engine: impl Fn() -> StepResult<L>,
    ttl: Duration,
    renew: Duration,
) -> StepResult {
    let start = async || Replica::start(engine()?, "graceful", ttl, renew).await;
    let mut times = Vec::new();
    let mut one = start().await?;
    one.takes_over().await?;
    for _ in 0..50 {
        let other = start().await?;
        // It has been told that the lease is held, and waits for the release.
        sleep(100 * MILLISECOND).await;
        assert!(one.leads() && !other.leads());
        let fence = one.fence.number()?;
        let ended = until("the end of the children", || !one.leads());
        let (stopped, ended, taken_over) =
            tokio::join!(one.root.shutdown(), ended, other.takes_over());
        assert!(stopped?.is_clean());
        times.push(taken_over?.saturating_duration_since(ended?));
        assert!(other.fence.number()? > fence);
        one = other;
    }
    one.root.shutdown().await?;
    times.sort_unstable();
    let (median, longest) = (times[times.len() / 2], times.last().ok_or("no time")?);
    println!("graceful hand-overs: median {median:?}, longest {longest:?}");
    assert!(median < 100 * MILLISECOND, "{times:?}");
    Ok(())
}
