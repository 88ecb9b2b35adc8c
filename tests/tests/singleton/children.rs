//! Children below a lease that fail, do not start, finish, or cannot be stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use supervisor::info::ChildState;
use supervisor::lease::Singleton;
use supervisor::prelude::*;
use supervisor::testing::MemoryLeases;
use supervisor::{AutoShutdown, StartMode};
use supervisor_tests::{Gauge, quiet, within};
use tokio::time::sleep;

use super::SECOND;
use super::replica::{Order, Replica};

#[tokio::test(start_paused = true)]
async fn children_that_fail_too_often_take_the_lease_with_them() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let one = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    for _ in 0..3 {
        one.cron.send(Order::Fail).await.unwrap();
        sleep(SECOND).await;
        assert!(one.leads(), "restarted under the same lease");
    }
    assert_eq!(leases.fence("billing"), 1);
    one.cron.send(Order::Fail).await.unwrap();
    sleep(SECOND).await;
    assert!(other.leads(), "another replica tries");
    assert_eq!(one.cron.status(), ChildState::Standby);
    let stats = one.root.stats().await.unwrap();
    assert_eq!((stats.restarts, stats.running), (1, 2), "the supervisor above has restarted it");
    assert_eq!(gauge.most(), 1);
}

#[tokio::test(start_paused = true)]
async fn children_that_do_not_start_give_the_lease_back() {
    let leases = MemoryLeases::new();
    let is_broken = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&is_broken);
    let billing = Singleton::new("billing", leases.replica()).build(|_| {
        let cron = move |mut ctx: Context| {
            let broken = Arc::clone(&broken);
            async move {
                if broken.load(Ordering::SeqCst) {
                    return Err("no table".into());
                }
                ctx.ready();
                ctx.shutdown_requested().await;
                Ok(())
            }
        };
        let cron = ChildSpec::new("cron").with_task(cron).with_start(StartMode::Notify);
        Supervisor::new().with_child(cron)
    });
    let billing = ChildSpec::new("billing")
        .with_supervisor(billing)
        .with_backoff(supervisor::Backoff::constant(10 * SECOND));
    let root = Supervisor::new().with_restart_window(3600 * SECOND).with_child(billing).build();
    within("the start", root.start()).await.unwrap();
    sleep(SECOND).await;
    assert_eq!((leases.fence("billing"), leases.holder("billing")), (1, None));
    is_broken.store(false, Ordering::SeqCst);
    sleep(60 * SECOND).await;
    assert_eq!(leases.fence("billing"), 2);
    assert!(leases.holder("billing").is_some() && root.health().await.ready);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_takes_too_long_is_overtaken_by_the_end_of_the_lease() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let (replica, life) = (leases.replica(), gauge.clone());
    let billing = Singleton::new("billing", replica.clone()).build(|_| {
        let slow = move |ctx: Context| {
            let life = life.enter();
            async move {
                let _life = life;
                ctx.shutdown_requested().await;
                Ok(())
            }
        };
        let slow = ChildSpec::new("slow").with_task(slow).with_start(StartMode::Notify);
        Supervisor::new().with_child(slow.with_start_timeout(3600 * SECOND))
    });
    let root =
        Supervisor::new().with_child(ChildSpec::new("billing").with_supervisor(billing)).build();
    within("the start", root.start()).await.unwrap();
    sleep(SECOND).await;
    assert_eq!(gauge.alive(), 1);
    replica.cut();
    sleep(28 * SECOND).await;
    assert_eq!((gauge.alive(), leases.holder("billing").is_some()), (0, true));
    assert_eq!(root.stats().await.unwrap().restarts, 0);
    replica.mend();
    sleep(10 * SECOND).await;
    assert_eq!((gauge.alive(), leases.fence("billing")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn on_standby_no_order_starts_the_children() {
    let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
    let _one = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let other = Replica::start(&leases, &gauge, SECOND).await;
    quiet().await;
    let refused = within("a refusal", other.billing.restart_child("leader")).await.unwrap_err();
    assert_eq!(refused.to_string(), "child `billing/leader` waits for its lease");
    assert!(within("a refusal", other.cron.restart()).await.is_err());
    quiet().await;
    assert_eq!((gauge.most(), other.cron.status()), (1, ChildState::Standby));
}

#[tokio::test(start_paused = true)]
async fn a_finished_job_ends_the_singleton_and_releases_the_lease() {
    let leases = MemoryLeases::new();
    let billing = Singleton::new("billing", leases.replica()).build(|_| {
        let job = ChildSpec::new("job").with_task(async |_: Context| {
            sleep(SECOND).await;
            Ok(())
        });
        let job = job.with_restart_policy(RestartPolicy::Transient).with_significant(true);
        Supervisor::new().with_auto_shutdown(AutoShutdown::AnySignificant).with_child(job)
    });
    let billing = ChildSpec::new("billing")
        .with_supervisor(billing)
        .with_restart_policy(RestartPolicy::Transient);
    let root = Supervisor::new().with_child(billing).build();
    within("the start", root.start()).await.unwrap();
    sleep(100 * SECOND).await;
    assert_eq!((leases.fence("billing"), leases.holder("billing")), (1, None));
    assert_eq!(root.stats().await.unwrap().finished, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_not_released_while_a_child_goes_on_that_cannot_be_stopped() {
    let leases = MemoryLeases::new();
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = std::sync::Mutex::new(blocked);
    let begun = Arc::new(tokio::sync::Notify::new());
    let (begins, tenth) = (Arc::clone(&begun), Duration::from_millis(100));
    let billing = Singleton::new("billing", leases.replica()).build(|_| {
        let stuck = Blocking::new(move |_: BlockingContext| {
            begins.notify_one();
            let _ = blocked.lock().unwrap().recv();
            Ok(())
        });
        let stuck = ChildSpec::new("stuck").with_blocking(stuck).with_shutdown(tenth);
        Supervisor::new().with_kill_grace(tenth).with_child(stuck)
    });
    let root =
        Supervisor::new().with_child(ChildSpec::new("billing").with_supervisor(billing)).build();
    within("the start", root.start()).await.unwrap();
    within("the child", begun.notified()).await;
    let holder = leases.holder("billing");
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(!report.is_clean(), "{report}");
    assert!(holder.is_some() && leases.holder("billing") == holder, "it ends by itself");
    drop(release);
}
