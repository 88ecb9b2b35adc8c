//! Tests what a tree tells about its leases: in a snapshot, in a scan and in its health.

use std::time::Duration;

use supervisor::health::HealthLease;
use supervisor::info::{LeaseState, LeaseStatus};
use supervisor::lease::Singleton;
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use supervisor_tests::{quiet, within};
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);
/// The time between two looks.
const STEP: Duration = Duration::from_millis(100);

/// A replica whose child `billing/leader/cron`, which takes a second to stop, needs the lease `billing` of
/// 30 seconds, renewed every 5.
struct Replica {
    root: Supervisor,
    leases: MemoryReplica,
}

impl Replica {
    fn build(leases: &MemoryLeases) -> Self {
        let leases = leases.replica();
        let billing = Singleton::new("billing", leases.clone()).build(|_| {
            let cron = async |ctx: Context| {
                ctx.shutdown_requested().await;
                sleep(SECOND).await;
                Ok(())
            };
            Supervisor::new().with_child(ChildSpec::new("cron").with_task(cron))
        });
        let billing = ChildSpec::new("billing").with_supervisor(billing);
        Self { root: Supervisor::new().with_child(billing).build(), leases }
    }

    async fn start(leases: &MemoryLeases) -> Self {
        let this = Self::build(leases);
        within("the start", this.root.start()).await.unwrap();
        quiet().await;
        this
    }

    /// Returns the status in a snapshot; that in the health of a tree that runs, and that in a scan, are the
    /// same.
    async fn status(&self) -> LeaseStatus {
        let snapshot = within("the snapshot", self.root.snapshot()).await.unwrap();
        assert_eq!(snapshot.lease, None, "the lease belongs to the singleton alone");
        let billing = &snapshot.children[0];
        assert!(billing.children.iter().all(|child| child.lease.is_none()));
        let status = billing.lease.as_deref().cloned().expect("a singleton has a lease");
        let health = within("the health", self.root.health()).await;
        let [HealthLease { path, status: same, .. }] = &health.leases[..] else {
            panic!("one lease: {health}");
        };
        assert_eq!((path.as_str(), same), ("billing", &status));
        assert!(health.ready, "{health}");
        let mut scan = self.root.scan();
        while let Some(slice) = within("a slice", scan.next()).await {
            let is_billing = slice.supervisor().path.as_str() == "billing";
            let lease = slice.supervisor().lease.as_deref();
            assert_eq!(lease, is_billing.then_some(&status), "{slice:?}");
        }
        status
    }

    /// Waits until the replica is in this state.
    async fn becomes(&self, state: LeaseState) -> LeaseStatus {
        let reached = async {
            loop {
                let status = self.status().await;
                if status.state == state {
                    return status;
                }
                sleep(STEP).await;
            }
        };
        within("the state of the lease", reached).await
    }
}

#[tokio::test(start_paused = true)]
async fn one_replica_leads_and_the_other_stands_by() {
    let leases = MemoryLeases::new();
    let one = Replica::start(&leases).await;
    let other = Replica::start(&leases).await;
    // Renewed at 0, 5 and 10 seconds; the children run for 29.2 seconds from a renewal on.
    sleep(12 * SECOND).await;
    let (leads, waits) = (one.status().await, other.status().await);
    assert_eq!((leads.lease.as_str(), leads.state), ("billing", LeaseState::Leading));
    assert_eq!((leads.fence, leads.lasted.as_secs()), (Some(1), 12));
    let left = leads.left.expect("a leader knows how much time it has");
    assert!((27 * SECOND..28 * SECOND).contains(&left), "{left:?}");
    assert_eq!((leads.acquisitions, leads.losses, leads.last_loss), (1, 0, None));
    assert_eq!((waits.state, waits.fence, waits.left), (LeaseState::Standby, None, None));
    assert_eq!((waits.acquisitions, waits.losses, waits.lasted.as_secs()), (0, 0, 12));

    let picture = one.root.snapshot().await.unwrap().to_string();
    assert!(picture.contains(", leading for 12.0s with lease `billing`, fence 1"), "{picture}");
    let health = other.root.health().await.to_string();
    assert_eq!(health, "ready\n- billing: standby: no lease `billing`, for 12.0s");

    // In a graceful stop the lease is held until the children have ended.
    let billing = one.root.lookup_any("billing").await.unwrap();
    let stop = tokio::spawn(async move { billing.terminate().await });
    sleep(500 * MILLISECOND).await;
    let snapshot = one.root.snapshot().await.unwrap();
    let status = snapshot.children[0].lease.as_deref().expect("a lease");
    assert_eq!(status.state, LeaseState::Leading);
    within("the stop", stop).await.unwrap().unwrap();
    let status = other.becomes(LeaseState::Leading).await;
    assert_eq!((status.fence, status.acquisitions), (Some(2), 1));
    let snapshot = one.root.snapshot().await.unwrap();
    let status = snapshot.children[0].lease.as_deref().expect("a lease");
    assert_eq!((status.state, status.losses), (LeaseState::Standby, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_renewed_is_lost_while_the_children_stop() {
    let leases = MemoryLeases::new();
    let one = Replica::start(&leases).await;
    one.leases.cut();
    let lost = one.becomes(LeaseState::Lost).await;
    assert_eq!((lost.left, lost.losses, lost.fence), (None, 1, Some(1)));
    let waits = one.becomes(LeaseState::Standby).await;
    assert_eq!(waits.losses, 1);
    let ago = waits.last_loss.expect("it was lost");
    assert!((SECOND..2 * SECOND).contains(&ago), "the stop takes a second: {ago:?}");
    assert!(waits.lasted < ago, "it stands by since the children have ended");
    one.leases.mend();
    let again = one.becomes(LeaseState::Leading).await;
    assert_eq!((again.acquisitions, again.losses, again.fence), (2, 1, Some(2)));
    assert!(again.lasted <= STEP, "{:?}", again.lasted);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ended_in_the_machines_sleep_is_lost_before_the_keeper_notices() {
    let leases = MemoryLeases::new();
    let one = Replica::start(&leases).await;
    one.leases.turn_clock(60 * SECOND);
    let lost = one.status().await;
    assert_eq!((lost.state, lost.left), (LeaseState::Lost, None));
    assert_eq!(lost.lasted.as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_is_killed_loses_its_lease_and_its_next_life_stands_by() {
    let leases = MemoryLeases::new();
    let one = Replica::start(&leases).await;
    assert_eq!(one.status().await.state, LeaseState::Leading);
    one.leases.cut();
    let keeper = one.root.lookup_any("billing/lease").await.unwrap();
    within("the kill", keeper.kill()).await.unwrap();
    let status = one.becomes(LeaseState::Standby).await;
    assert_eq!((status.acquisitions, status.losses), (1, 1));
    sleep(10 * SECOND).await;
    let health = one.root.health().await.to_string();
    assert!(health.contains("standby: no lease: "), "nothing is renewed: {health}");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_is_not_started_stands_by() {
    let one = Replica::build(&MemoryLeases::new());
    let health = within("the health", one.root.health()).await;
    assert_eq!(health.leases, [], "it does not ask for the lease yet");
    let status = within("a slice", one.root.scan().next()).await.unwrap();
    assert_eq!(status.supervisor().lease, None);
}
