//! Who runs the children, and how they are handed over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use supervisor::info::ChildState;
use supervisor::messages::SendError;
use supervisor::testing::MemoryLeases;
use supervisor_tests::{Gauge, quiet, within};
use tokio::time::{Instant, sleep};

use super::replica::{Order, Replica};
use super::{MILLISECOND, SECOND};

#[tokio::test(start_paused = true)]
async fn one_replica_runs_the_children_and_the_other_stands_by() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let began = Instant::now();
    let other = Replica::start(&leases, &gauge, SECOND).await;
    assert!(began.elapsed() < 10 * MILLISECOND, "a start does not wait for the lease");
    for _ in 0..100 {
        sleep(SECOND).await;
        assert!(one.leads() && !other.leads());
    }
    assert_eq!((gauge.alive(), gauge.begun()), (1, 1));
    assert_eq!(one.fence.load(Ordering::SeqCst), leases.fence("billing"));
    within("an answer", one.cron.ask(Order::Ping)).await.unwrap();

    assert_eq!(other.cron.status(), ChildState::Standby);
    let began = Instant::now();
    let refused = within("a refusal", other.cron.send(Order::Fail)).await;
    assert!(matches!(refused, Err(SendError::NotRunning(_))), "{refused:?}");
    assert_eq!((began.elapsed(), other.cron.queued()), (Duration::ZERO, 0), "nothing waits");
    let health = other.root.health().await;
    assert!(health.ready && !health.degraded, "{health}");
    let picture = other.root.snapshot().await.unwrap().to_string();
    assert!(picture.contains("leader: one_for_one [Transient] standby"), "{picture}");
    assert_eq!(other.trouble().await, (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown_hands_over_at_once_and_releases_last() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, 4 * SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let first = leases.holder("billing");
    let shutdown = async {
        one.shut_down().await;
        Instant::now()
    };
    let watch = async {
        let check =
            || assert_eq!(leases.holder("billing"), first, "released while a child still runs");
        one.ends(check).await;
        let ended = Instant::now();
        other.takes_over().await;
        (ended, Instant::now())
    };
    let (_, (ended, taken_over)) =
        within("the hand-over", async { tokio::join!(shutdown, watch) }).await;
    assert!(taken_over - ended < 100 * MILLISECOND, "{:?}", taken_over - ended);
    assert_eq!((gauge.most(), leases.fence("billing")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_acquisition_whose_answer_was_lost_keeps_nobody_out() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::build(&leases, &gauge, SECOND);
    one.leases.lose_answers();
    within("the start", one.root.start()).await.unwrap();
    quiet().await;
    assert_eq!((leases.fence("billing"), gauge.begun()), (1, 0), "acquired, and nobody knows");
    let other = Replica::start(&leases, &gauge, SECOND).await;
    sleep(2 * SECOND).await;
    assert!(other.leads(), "the first has undone what it may have done");
    one.leases.mend();
    sleep(60 * SECOND).await;
    assert_eq!((gauge.most(), gauge.begun()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_same_addresses_lead_to_the_children_of_each_acquisition() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let mut holders = std::collections::HashSet::new();
    for fence in 1..=5 {
        within("an answer", one.cron.ask(Order::Ping)).await.unwrap();
        assert_eq!(one.fence.load(Ordering::SeqCst), fence);
        // A request of an earlier acquisition that arrives late does not concern this one.
        assert!(
            holders.insert(leases.holder("billing")),
            "each acquisition has a holder of its own"
        );
        leases.take_away("billing");
        sleep(10 * SECOND).await;
    }
    assert_eq!((gauge.most(), one.trouble().await), (1, (0, 0)));
}
