//! A fence that is checked in a transaction.

use std::time::{Duration, Instant};

use supervisor_postgres::{CheckFence, PgLeases};
use supervisor_tests::leases::Replica;
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::server::StepResult;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Checks that no other replica takes a lease over until the transaction that has checked its fence is
/// committed. Each replica gets an engine of its own.
///
/// # Errors
///
/// If a statement fails, a tree does not start or stop, or nobody takes the lease over.
///
/// # Panics
///
/// If the lease changes hands too early, or half a second after the commit.
pub async fn a_checked_fence_keeps_the_lease_until_the_commit(
    leases: impl Fn() -> StepResult<PgLeases>,
    client: &mut Client,
    ttl: Duration,
    renew: Duration,
) -> StepResult {
    let replica = async || Replica::start(leases()?, "checked", ttl, renew).await;
    let one = replica().await?;
    one.takes_over().await?;
    let other = replica().await?;
    let transaction = client.transaction().await?;
    assert_eq!(one.fence.check(&transaction).await?, one.fence.number()?);
    sleep(2 * ttl).await;
    assert!(one.leads(), "renewals pass the transaction");
    // A release passes it, too, and a take-over waits.
    assert!(one.root.shutdown().await?.is_clean());
    sleep(2 * ttl).await;
    assert!(!other.leads(), "the transaction has not ended");
    transaction.commit().await?;
    let committed = Instant::now();
    let took = other.takes_over().await?.saturating_duration_since(committed);
    assert!(took < 500 * MILLISECOND, "{took:?}");
    other.root.shutdown().await?;
    Ok(())
}
