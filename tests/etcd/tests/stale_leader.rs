//! Tests leases in a real etcd of three members, whose leader was replaced without noticing: it was paused, or
//! is cut off from the others, or both. It still answers renewals from its memory, for a while.
//!
//! The replica under test knows that member alone. `STALE_LEADERS` is the number of rounds; each prints its
//! times. With `ETCD=required`, it is a failure that etcd is not installed.

use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant};

use supervisor_etcd::EtcdLeases;
use supervisor_etcd_tests::{Cluster, with_network};
use supervisor_tests::leases::{Replica, StepResult, until};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const MILLISECOND: Duration = Duration::from_millis(1);

/// The times of the leases here: a lease survives an election.
const TTL: Duration = Duration::from_secs(6);
const RENEW: Duration = Duration::from_millis(500);

/// The time after which another replica has the lease at the latest: an election of two rounds, the lease from
/// its beginning, which the new leader lengthens by an election, and the look for leases that have ended.
const TAKEN_OVER: Duration = Duration::from_secs(18);

fn main() -> StepResult {
    let rounds = env::var("STALE_LEADERS").map_or(Ok(1), |rounds| rounds.parse::<u32>())?;
    let limit = (rounds + 1) * Duration::from_secs(120);
    with_network(env!("CARGO_TARGET_TMPDIR"), 3, limit, async |cluster: Cluster| {
        for round in 0..rounds {
            a_leader_that_was_paused(&cluster, round).await?;
            a_leader_that_is_cut_off(&cluster, round).await?;
            a_leader_that_is_cut_off_and_was_paused(&cluster, round).await?;
        }
        Ok(())
    })
}

/// Returns a time that is a little shorter than a lease: the leader still counts those that it has granted as
/// held, and a replica has not begun to stop its children. What it believes then lasts for longer than the lease
/// in the eyes of the others.
fn pause() -> Duration {
    Duration::from_millis(4_300) + fastrand::u32(0..700) * MILLISECOND
}

/// Two replicas, of which one knows the leader alone, and the other one the other members.
struct Two {
    one: Arc<Replica>,
    other: Arc<Replica>,
    /// Ends when both run the children.
    overlap: JoinHandle<()>,
}

impl Two {
    async fn start(cluster: &Cluster, leader: usize, lease: &str) -> StepResult<Self> {
        let one = EtcdLeases::new([cluster.endpoint(leader)]);
        let others = (0..cluster.size()).filter(|member| *member != leader);
        let others = EtcdLeases::new(others.map(|member| cluster.endpoint(member)));
        let one = Arc::new(Replica::start(one, lease, TTL, RENEW).await?);
        one.takes_over().await?;
        let other = Arc::new(Replica::start(others, lease, TTL, RENEW).await?);
        let (this, that) = (Arc::clone(&one), Arc::clone(&other));
        let overlap = tokio::spawn(async move {
            while !(this.leads() && that.leads()) {
                sleep(MILLISECOND / 2).await;
            }
        });
        // So that the lease was renewed, and is looked at by both.
        sleep(2 * RENEW).await;
        Ok(Self { one, other, overlap })
    }

    /// Waits until one replica has stopped and the other one has taken over; checks the times since the moment
    /// at which the member was reached for the last time, and prints them.
    async fn hands_over(&self, what: &str, since: Instant, fence: u64) -> StepResult {
        let ended = until("the end of the children", || !self.one.leads()).await? - since;
        let taken_over = self.other.takes_over().await? - since;
        println!(
            "{what}: the children have ended after {ended:?}, and run again after {taken_over:?}"
        );
        assert!(!self.overlap.is_finished(), "both replicas ran the children");
        assert!(ended < TTL, "they end while the lease may last: {ended:?}");
        assert!(taken_over < TAKEN_OVER, "{taken_over:?}");
        assert!(self.other.fence.number()? > fence, "a fence grows");
        Ok(())
    }

    /// Checks that nothing has changed when the member is back, and that the first replica can lead again.
    async fn ends(self) -> StepResult {
        sleep(2 * RENEW).await;
        assert!(self.other.leads() && !self.one.leads(), "the lease stays where it is");
        self.other.root.shutdown().await?;
        self.one.takes_over().await?;
        assert!(!self.overlap.is_finished(), "both replicas ran the children");
        self.overlap.abort();
        self.one.root.shutdown().await?;
        Ok(())
    }
}

/// A leader that hangs is replaced. When it goes on, it answers the requests that have come meanwhile, and hears
/// of its successor; and then it hangs again.
async fn a_leader_that_was_paused(cluster: &Cluster, round: u32) -> StepResult {
    let leader = cluster.leader().await?;
    let two = Two::start(cluster, leader, &format!("paused-{round}")).await?;
    let fence = two.one.fence.number()?;
    let pause = pause();
    cluster.pause_member(leader)?;
    sleep(pause).await;
    cluster.resume_member(leader)?;
    sleep(fastrand::u32(1..30) * MILLISECOND).await;
    cluster.pause_member(leader)?;
    // Through it, its successor may have renewed the lease until now.
    let since = Instant::now();
    two.hands_over(&format!("a leader that was paused for {pause:?}"), since, fence).await?;
    cluster.resume_member(leader)?;
    cluster.client(leader).await?;
    two.ends().await
}

/// A leader that is cut off from the others, but not from its clients, is the leader in its own eyes for
/// another second, and does not know of any other for as long as it is cut off.
async fn a_leader_that_is_cut_off(cluster: &Cluster, round: u32) -> StepResult {
    let leader = cluster.leader().await?;
    let two = Two::start(cluster, leader, &format!("cut-off-{round}")).await?;
    let fence = two.one.fence.number()?;
    // At another moment between two renewals, each time.
    sleep(fastrand::u32(0..500) * MILLISECOND).await;
    cluster.cut_off(leader).await?;
    let since = Instant::now();
    let stale = Stale::start(cluster, leader, round).await?;
    two.hands_over("a leader that is cut off", since, fence).await?;
    let health = stale.replica.root.health().await.to_string();
    assert!(health.contains("no lease"), "{health}");
    stale.has_no_lease()?;
    cluster.heal();
    cluster.client(leader).await?;
    stale.replica.takes_over().await?;
    stale.replica.root.shutdown().await?;
    two.ends().await
}

/// A leader that hangs, and finds itself cut off when it goes on, has counted no time: it answers renewals of
/// leases that are about to end in the eyes of the others.
async fn a_leader_that_is_cut_off_and_was_paused(cluster: &Cluster, round: u32) -> StepResult {
    let leader = cluster.leader().await?;
    let two = Two::start(cluster, leader, &format!("cut-off-and-paused-{round}")).await?;
    let fence = two.one.fence.number()?;
    let pause = pause();
    cluster.cut_off(leader).await?;
    let since = Instant::now();
    cluster.pause_member(leader)?;
    sleep(pause).await;
    cluster.resume_member(leader)?;
    sleep(100 * MILLISECOND).await;
    cluster.pause_member(leader)?;
    let what = format!("a leader that is cut off and was paused for {pause:?}");
    two.hands_over(&what, since, fence).await?;
    cluster.heal();
    cluster.resume_member(leader)?;
    cluster.client(leader).await?;
    two.ends().await
}

/// A replica that asks a leader which is cut off for a lease that is free.
struct Stale {
    replica: Arc<Replica>,
    /// Ends when the replica runs the children.
    granted: JoinHandle<()>,
}

impl Stale {
    async fn start(cluster: &Cluster, leader: usize, round: u32) -> StepResult<Self> {
        let leases = EtcdLeases::new([cluster.endpoint(leader)]);
        let replica = Replica::start(leases, &format!("free-{round}"), TTL, RENEW / 5).await?;
        let replica = Arc::new(replica);
        let this = Arc::clone(&replica);
        let granted = tokio::spawn(async move {
            while !this.leads() {
                sleep(MILLISECOND / 2).await;
            }
        });
        Ok(Self { replica, granted })
    }

    fn has_no_lease(&self) -> StepResult {
        if self.granted.is_finished() {
            return Err("a leader that is cut off has granted a lease".into());
        }
        Ok(())
    }
}
