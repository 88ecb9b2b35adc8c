//! Tests leases in a real etcd of three members, one of which is away.
//!
//! With `ETCD=required`, it is a failure that etcd is not installed.

use std::time::{Duration, Instant};

use supervisor::testing::check_leases;
use supervisor_etcd::EtcdLeases;
use supervisor_etcd_tests::{Cluster, with_cluster};
use supervisor_tests::leases::{Replica, StepResult, contains, until};
use tokio::time::sleep;

const MILLISECOND: Duration = Duration::from_millis(1);

/// The times of the leases here: a lease survives an election.
const TTL: Duration = Duration::from_secs(6);
const RENEW: Duration = Duration::from_millis(500);

fn main() -> StepResult {
    let limit = Duration::from_secs(120);
    with_cluster(env!("CARGO_TARGET_TMPDIR"), 3, limit, async |mut cluster: Cluster| {
        endpoints_of_two_clusters_are_an_error(&cluster).await?;
        a_member_that_is_killed_is_not_noticed(&mut cluster).await?;
        a_member_that_is_silent_is_passed_over(&cluster).await?;
        without_a_majority_nobody_runs(&mut cluster).await
    })
}

/// Returns an engine that asks this member first.
fn leases(cluster: &Cluster, first: usize) -> EtcdLeases {
    let mut endpoints = cluster.endpoints();
    endpoints.rotate_left(first);
    EtcdLeases::new(endpoints)
}

/// Checks for some time that this replica runs the children, under the same acquisition.
async fn goes_on(replica: &Replica, time: Duration) -> StepResult {
    let (began, fence) = (Instant::now(), replica.fence.number()?);
    while began.elapsed() < time {
        if !replica.leads() || replica.fence.number()? != fence {
            return Err("the lease was lost".into());
        }
        sleep(MILLISECOND).await;
    }
    Ok(())
}

async fn endpoints_of_two_clusters_are_an_error(cluster: &Cluster) -> StepResult {
    let Some(other) = Cluster::start(env!("CARGO_TARGET_TMPDIR").as_ref(), 1)? else {
        return Err("etcd is installed".into());
    };
    other.client(0).await?;
    let both = EtcdLeases::new([cluster.endpoint(0), other.endpoint(0)]);
    check_leases(&both, "both", Duration::from_secs(4)).await?;
    // The first one is away, and the second one would grant a lease that means nothing to the others.
    cluster.pause_member(0)?;
    let error =
        check_leases(&both, "both", Duration::from_secs(4)).await.expect_err("it is another");
    cluster.resume_member(0)?;
    contains(
        &error.to_string(),
        &[
            &format!("etcd at {} is not the cluster that this process has used", other.endpoint(0)),
            &format!("etcd at {} has not answered", cluster.endpoint(0)),
        ],
    );
    Ok(())
}

async fn a_member_that_is_killed_is_not_noticed(cluster: &mut Cluster) -> StepResult {
    let leader = cluster.leader().await?;
    let one = Replica::start(leases(cluster, leader), "killed", TTL, RENEW).await?;
    one.takes_over().await?;
    // The one that it is connected to, and that counts the time of the lease.
    cluster.kill_member(leader)?;
    goes_on(&one, TTL + Duration::from_secs(2)).await?;
    let health = one.root.health().await;
    assert!(!health.degraded, "{health}");

    // And it is handed over at once, without that member.
    let other = Replica::start(leases(cluster, leader), "killed", TTL, RENEW).await?;
    sleep(Duration::from_secs(1)).await;
    let fence = one.fence.number()?;
    assert!(one.root.shutdown().await?.is_clean());
    let released = Instant::now();
    let took = other.takes_over().await?.saturating_duration_since(released);
    println!("with one of three members killed, a hand-over within {took:?}");
    assert!(took < 500 * MILLISECOND && other.fence.number()? > fence, "{took:?}");
    cluster.start_member(leader)?;
    cluster.client(leader).await?;
    other.root.shutdown().await?;
    Ok(())
}

async fn a_member_that_is_silent_is_passed_over(cluster: &Cluster) -> StepResult {
    let silent = (cluster.leader().await? + 1) % cluster.size();
    // So rarely that the watch has to say that the lease is free.
    let renew = TTL / 3;
    let one = Replica::start(leases(cluster, silent), "silent", TTL, renew).await?;
    one.takes_over().await?;
    let other = Replica::start(leases(cluster, silent), "silent", TTL, renew).await?;
    sleep(Duration::from_secs(1)).await;
    // Its connections stay open, and nothing passes any more: as when it is cut off from the network.
    cluster.pause_member(silent)?;
    goes_on(&one, TTL + Duration::from_secs(1)).await?;
    // The watch of the other one has moved to another member, too.
    assert!(one.root.shutdown().await?.is_clean());
    let released = Instant::now();
    let took = other.takes_over().await?.saturating_duration_since(released);
    println!("with one of three members silent, a hand-over within {took:?}");
    assert!(took < 300 * MILLISECOND, "{took:?}");
    // A replica that starts now asks it first.
    let third = Replica::start(leases(cluster, silent), "late", TTL, RENEW).await?;
    let began = Instant::now();
    let took = third.takes_over().await?.saturating_duration_since(began);
    println!("a first endpoint that is silent was passed over within {took:?}");
    assert!(took < TTL / 4, "{took:?}");
    cluster.resume_member(silent)?;
    other.root.shutdown().await?;
    third.root.shutdown().await?;
    Ok(())
}

/// One of three members is left: it serves old values to whoever does not ask for a majority.
async fn without_a_majority_nobody_runs(cluster: &mut Cluster) -> StepResult {
    let leader = cluster.leader().await?;
    let one = Replica::start(leases(cluster, leader), "cut-off", TTL, RENEW).await?;
    one.takes_over().await?;
    for member in (0..cluster.size()).filter(|member| *member != leader) {
        cluster.kill_member(member)?;
    }
    let cut_off = Instant::now();
    let ended = until("the end of the children", || !one.leads()).await?;
    let took = ended.saturating_duration_since(cut_off);
    assert!(took < TTL, "it ends while the lease may last: {took:?}");
    let health = one.root.health().await;
    contains(&health.to_string(), &["etcd at http://127.0.0.1:", "has no leader"]);
    tokio::task::block_in_place(|| cluster.start_all())?;
    cluster.client(leader).await?;
    one.takes_over().await?;
    one.root.shutdown().await?;
    Ok(())
}
