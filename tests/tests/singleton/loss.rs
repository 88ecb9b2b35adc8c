//! A lease that is lost: the engine is away, slow, or has given it to another one; the machine has slept.

use std::sync::atomic::Ordering;

use supervisor::events::EventKind;
use supervisor::info::ChildState;
use supervisor::testing::MemoryLeases;
use supervisor_tests::{Gauge, event, quiet};
use tokio::time::{Instant, sleep};

use super::replica::Replica;
use super::{MILLISECOND, SECOND};

#[tokio::test(start_paused = true)]
async fn a_replica_that_cannot_renew_ends_its_children_before_the_lease_ends() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    // The child takes all the time that it has.
    let one = Replica::start(&leases, &gauge, 5 * SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    sleep(60 * SECOND).await;
    let mut events = one.root.events();
    let began = Instant::now();
    one.leases.cut();
    event(&mut events, "the loss", |event| matches!(event.kind(), EventKind::LeaseLost { .. }))
        .await;
    assert!(began.elapsed() > 15 * SECOND, "an outage that the lease outlives changes nothing");
    one.ends(|| assert!(!other.leads())).await;
    let ended = began.elapsed();
    other.takes_over().await;
    assert!(ended < 30 * SECOND && began.elapsed() <= 30 * SECOND + 20 * MILLISECOND, "{ended:?}");
    assert_eq!(gauge.most(), 1);
    // Away, it is ready: the tree lacks nothing but the lease.
    let health = one.root.health().await;
    assert!(health.ready && health.degraded, "{health}");
    assert!(
        health.to_string().contains("standby: no lease: the engine cannot be reached"),
        "{health}"
    );
    assert_eq!(one.trouble().await, (0, 0), "to lose a lease is no failure");
    one.leases.mend();
    sleep(10 * SECOND).await;
    assert!(!one.root.health().await.degraded && other.leads());
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_comes_back_during_the_stop_gets_the_lease_back_last() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, 4 * SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let holder = leases.holder("billing");
    let mut events = one.root.events();
    one.leases.cut();
    event(&mut events, "the loss", |event| matches!(event.kind(), EventKind::LeaseLost { .. }))
        .await;
    one.leases.mend();
    let began = Instant::now();
    let check =
        || assert_eq!(leases.holder("billing"), holder, "released while a child still runs");
    one.ends(check).await;
    assert!(began.elapsed() >= 4 * SECOND, "the child has its time: {:?}", began.elapsed());
    sleep(100 * MILLISECOND).await;
    assert!(other.leads() && gauge.most() == 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_lease_is_counted_from_the_request_and_not_from_the_answer() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, 5 * SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    one.leases.delay_answers(9 * SECOND);
    sleep(100 * SECOND).await;
    assert!(one.leads(), "slow answers alone take nothing away");
    one.leases.cut();
    other.takes_over().await;
    assert_eq!(gauge.most(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_taken_away_is_not_renewed_in_the_name_of_another() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, 5 * SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let mut events = one.root.events();
    leases.take_away("billing");
    // The other one is told, and the first learns it when it renews.
    event(&mut events, "the loss", |event| matches!(event.kind(), EventKind::LeaseLost { .. }))
        .await;
    quiet().await;
    assert!(other.leads() && !one.leads());
    assert_eq!(gauge.alive(), 1, "killed at once, without its cleanup");
    sleep(100 * SECOND).await;
    assert!(other.leads() && !one.leads());
    assert_eq!(one.trouble().await, (0, 0));
    // Nor does its end give up what it does not hold.
    one.shut_down().await;
    assert!(other.leads() && leases.holder("billing").is_some());
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_of_the_machine_no_child_is_polled_on() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    sleep(12 * SECOND).await;
    // The machine sleeps for a minute. Meanwhile the lease ends, and the other takes over.
    one.leases.turn_clock(60 * SECOND);
    leases.take_away("billing");
    let steps = one.steps.load(Ordering::SeqCst);
    assert!(steps > 100, "{steps}");
    sleep(2 * SECOND).await;
    assert!(other.leads());
    assert_eq!(one.steps.load(Ordering::SeqCst), steps, "a child went on after the lease");
    sleep(10 * SECOND).await;
    assert_eq!(one.cron.status(), ChildState::Standby);
    assert_eq!((gauge.alive(), one.trouble().await), (1, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_short_sleep_of_the_machine_changes_nothing() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, SECOND).await;
    sleep(12 * SECOND).await;
    one.leases.turn_clock(10 * SECOND);
    sleep(60 * SECOND).await;
    assert!(one.leads() && gauge.begun() == 1);
}
