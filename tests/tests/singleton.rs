//! Tests singletons: children that run in one replica only, while it holds a lease.

use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use supervisor::events::EventKind;
use supervisor::info::ChildState;
use supervisor::lease::{
    Acquisition, Claim, Fence, LeaseClock, LeaseError, Leases, Renewal, Singleton,
};
use supervisor::messages::SendError;
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use supervisor::{AutoShutdown, StartMode};
use supervisor_tests::{Gauge, event, quiet, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// A replica of a service, in which `billing/leader/cron` runs under the lease `billing`. The lease
/// lasts for 30 seconds and is renewed every 5.
struct Replica {
    root: Supervisor,
    billing: Supervisor,
    leases: MemoryReplica,
    cron: ChildRef<Order>,
    /// The child's lives in this replica; those in all replicas are counted by another gauge.
    own: Gauge,
    /// The number of polls of the child.
    steps: Arc<AtomicU64>,
    /// The fence that the last life has read.
    fence: Arc<AtomicU64>,
}

enum Order {
    Fail,
    Ping(Reply<()>),
}

/// The child: it works all the time, and takes `cleanup` to stop.
#[derive(Clone)]
struct Cron {
    gauge: Gauge,
    own: Gauge,
    fence: Fence,
    steps: Arc<AtomicU64>,
    seen: Arc<AtomicU64>,
    cleanup: Duration,
}

impl supervisor::Addressable for Cron {
    type Message = Order;
    const DEFAULTS: supervisor::ChildOptions = supervisor::ChildOptions::new();
}

impl Worker for Cron {
    async fn run(&self, mut ctx: Context<Order>) -> ChildResult {
        let _lives = (self.gauge.enter(), self.own.enter());
        self.seen.store(self.fence.number()?, Ordering::SeqCst);
        // A task of the life works, too.
        let steps = Arc::clone(&self.steps);
        ctx.spawn(async move {
            loop {
                sleep(100 * MILLISECOND).await;
                steps.fetch_add(1, Ordering::SeqCst);
            }
        });
        loop {
            tokio::select! {
                order = ctx.recv() => match order {
                    None => break,
                    Some(Order::Fail) => return Err("it was told to".into()),
                    Some(Order::Ping(reply)) => drop(reply.send(())),
                },
                () = sleep(100 * MILLISECOND) => {
                    self.steps.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        sleep(self.cleanup).await;
        Ok(())
    }
}

impl Replica {
    async fn start(leases: &MemoryLeases, gauge: &Gauge, cleanup: Duration) -> Self {
        let this = Self::build(leases, gauge, cleanup);
        within("the start", this.root.start()).await.unwrap();
        this
    }

    fn build(leases: &MemoryLeases, gauge: &Gauge, cleanup: Duration) -> Self {
        let (leases, steps, fence) = (leases.replica(), Arc::default(), Arc::default());
        let (own_gauge, mut cron) = (Gauge::new(), None);
        let billing = Singleton::new("billing", leases.clone()).build(|own| {
            let spec = ChildSpec::new("cron").with_worker(Cron {
                gauge: gauge.clone(),
                own: own_gauge.clone(),
                fence: own,
                steps: Arc::clone(&steps),
                seen: Arc::clone(&fence),
                cleanup,
            });
            cron = Some(spec.handle());
            Supervisor::new().with_child(spec)
        });
        let web = ChildSpec::new("web").with_task(async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        });
        let root = Supervisor::new()
            .with_child(ChildSpec::new("billing").with_supervisor(billing.clone()))
            .with_child(web)
            .build();
        Self {
            root,
            billing,
            leases,
            cron: cron.expect("it was declared"),
            own: own_gauge,
            steps,
            fence,
        }
    }

    fn leads(&self) -> bool {
        self.cron.status() == ChildState::Running
    }

    /// Waits until this replica runs the children.
    async fn takes_over(&self) {
        let taken_over = async {
            while !self.leads() {
                sleep(MILLISECOND).await;
            }
        };
        within("the take-over", taken_over).await;
    }

    /// Waits until the children have ended in this replica; calls `check` meanwhile.
    async fn ends(&self, check: impl Fn()) {
        let ended = async {
            while self.own.alive() > 0 {
                check();
                sleep(MILLISECOND).await;
            }
        };
        within("the end of the children", ended).await;
    }

    async fn shut_down(&self) {
        let report = within("the shutdown", self.root.shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }

    /// Returns the number of restarts and failures in the whole tree.
    async fn trouble(&self) -> (u64, u64) {
        let mut trouble = (0, 0);
        for supervisor in [&self.root, &self.billing] {
            let stats = supervisor.stats().await.unwrap();
            trouble = (trouble.0 + stats.restarts, trouble.1 + stats.failures);
        }
        trouble
    }
}

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

/// Returns a running supervisor with a child.
async fn running() -> Supervisor {
    let child = ChildSpec::new("child").with_task(async |ctx: Context| {
        ctx.shutdown_requested().await;
        Ok(())
    });
    let running = Supervisor::new().with_child(child).build();
    within("the start", running.start()).await.unwrap();
    running
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_runs_is_not_put_below_a_lease() {
    let words = "a supervisor that runs already cannot be put below a lease";
    let below = |name: &str, supervisor: &Supervisor| {
        ChildSpec::new(name).with_supervisor(supervisor.clone())
    };
    // As a part of what the singleton is built with, at any depth.
    let first = running().await;
    let billing = Singleton::new("billing", MemoryLeases::new().replica()).build(|_| {
        let between = Supervisor::new().with_child(below("first", &first)).build();
        Supervisor::new().with_child(below("between", &between))
    });
    let error = within("a refusal", billing.start()).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");

    // Added later: itself, or below one that does not run yet.
    let inner = Supervisor::new().build();
    let leases = MemoryLeases::new();
    let billing = Singleton::new("billing", leases.replica())
        .build(|_| Supervisor::new().with_child(below("inner", &inner)));
    within("the start", billing.start()).await.unwrap();
    quiet().await;
    let second = running().await;
    let mut events = second.events();
    let error = within("a refusal", inner.add_child(below("second", &second))).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    let third = running().await;
    let between = Supervisor::new().with_child(below("third", &third)).build();
    let error = within("a refusal", inner.add_child(below("between", &between))).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");

    // What was refused is a root as before, with its subscribers, and can come under another parent.
    assert_eq!(second.path().as_str(), "/");
    let root = Supervisor::new().build();
    within("the start", root.start()).await.unwrap();
    within("the adoption", root.add_child(below("second", &second))).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
    event(&mut events, "the end", |event| event.path().as_str() == "second/child").await;
    // One that does not run yet is welcome.
    let fourth = Supervisor::new().build();
    within("a child", inner.add_child(below("fourth", &fourth))).await.unwrap();
    within("the shutdown", billing.shutdown()).await.unwrap();
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

#[tokio::test(start_paused = true)]
async fn a_lease_shorter_than_the_stop_of_what_it_guards_is_refused() {
    let error = |singleton: Singleton<MemoryReplica>, shutdown: Shutdown| async move {
        let billing = singleton.build(|_| {
            let cron = ChildSpec::new("cron").with_task(async |_: Context| Ok(()));
            Supervisor::new().with_child(cron.with_shutdown(shutdown))
        });
        let billing = ChildSpec::new("billing").with_supervisor(billing);
        let root = Supervisor::new().with_child(billing).build();
        within("the start", root.start()).await.map_err(|error| error.to_string())
    };
    let singleton = || Singleton::new("billing", MemoryLeases::new().replica());
    assert_eq!(error(singleton(), Shutdown::Timeout(5 * SECOND)).await, Ok(()));
    let limit = Shutdown::Timeout(23 * SECOND);
    assert_eq!(error(singleton(), limit).await, Ok(()), "29.5 s of 29.7 s");
    let text = error(singleton(), Shutdown::Timeout(24 * SECOND)).await.unwrap_err();
    let arithmetic = "lease `billing`: a lease of 30s may end before its children: 24s to stop them \
        + 1s kill_grace + 5s renew + 500ms margin = 30.5s";
    assert!(text.contains(arithmetic), "{text}");
    let text = error(singleton(), Shutdown::Infinity).await.unwrap_err();
    assert!(text.contains("may take any time to stop"), "{text}");
    // The singleton can limit what its children do not.
    let limited = singleton().with_shutdown(10 * SECOND);
    assert_eq!(error(limited, Shutdown::Infinity).await, Ok(()));
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

/// An engine whose requests panic.
struct Broken;

impl Leases for Broken {
    async fn acquire(&self, _: Claim) -> Result<Acquisition, LeaseError> {
        panic!("a bug of the engine's client")
    }

    async fn renew(&self, _: Claim) -> Result<Renewal, LeaseError> {
        panic!("a bug of the engine's client")
    }

    async fn release(&self, _: Claim) -> Result<(), LeaseError> {
        panic!("a bug of the engine's client")
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_panics_is_a_request_that_fails() {
    let billing = Singleton::new("billing", Broken).build(|_| Supervisor::new());
    let root =
        Supervisor::new().with_child(ChildSpec::new("billing").with_supervisor(billing)).build();
    within("the start", root.start()).await.unwrap();
    sleep(100 * SECOND).await;
    let health = root.health().await;
    assert!(health.ready && health.to_string().contains("the request has panicked"), "{health}");
    assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
}

/// An engine whose watch panics when it is made, polled, or dropped.
struct BrokenWatch {
    leases: MemoryReplica,
    moment: Moment,
    watches: Arc<AtomicU64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Made,
    Polled,
    Dropped,
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a bug of the engine's client")
    }
}

impl Leases for BrokenWatch {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        self.leases.acquire(claim).await
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        self.leases.renew(claim).await
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        self.leases.release(claim).await
    }

    fn watch(&self, _: &str) -> impl Future<Output = ()> + Send {
        self.watches.fetch_add(1, Ordering::SeqCst);
        assert!(self.moment != Moment::Made, "a bug of the engine's client");
        let moment = self.moment;
        async move {
            let _guard = (moment == Moment::Dropped).then_some(PanicsWhenDropped);
            assert!(moment != Moment::Polled, "a bug of the engine's client");
            std::future::pending::<()>().await;
        }
    }

    fn clock(&self) -> LeaseClock {
        self.leases.clock()
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_panics_is_a_watch_without_news() {
    for moment in [Moment::Made, Moment::Polled, Moment::Dropped] {
        let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
        let one = Replica::start(&leases, &gauge, SECOND).await;
        quiet().await;
        let watches = Arc::<AtomicU64>::default();
        let engine =
            BrokenWatch { leases: leases.replica(), moment, watches: Arc::clone(&watches) };
        let billing = Singleton::new("billing", engine).build(|_| {
            let cron = ChildSpec::new("cron").with_task(async |ctx: Context| {
                ctx.shutdown_requested().await;
                Ok(())
            });
            Supervisor::new().with_child(cron)
        });
        within("the start", billing.start()).await.unwrap();
        sleep(60 * SECOND).await;
        assert_eq!(watches.load(Ordering::SeqCst), 1, "one that panics is not made again");
        one.shut_down().await;
        // It asks for the lease every five seconds.
        sleep(6 * SECOND).await;
        assert_eq!(leases.fence("billing"), 2);
        let stats = billing.stats().await.unwrap();
        assert_eq!((stats.failures, stats.running), (0, 2));
        assert!(within("the shutdown", billing.shutdown()).await.unwrap().is_clean());
    }
}

/// Runs a program whose child blocks the thread of the runtime. Returns its output, what it said, and the
/// last moment at which the child ran, counted from the one at which the lease was granted: by the
/// program's own clock, since the end of a process is seen later on a busy machine.
fn run_under_lease(arguments: &[&str]) -> (Output, String, Duration) {
    let program = Command::new(env!("CARGO_BIN_EXE_under-lease")).args(arguments).output();
    let program = program.expect("it runs");
    let said = String::from_utf8_lossy(&program.stderr).into_owned();
    let printed = String::from_utf8_lossy(&program.stdout).into_owned();
    let times: Vec<u64> = printed.lines().filter_map(|line| line.parse().ok()).collect();
    let [granted, .., last] = times[..] else { panic!("it printed {printed:?} and said {said}") };
    (program, said, Duration::from_millis(last - granted))
}

#[cfg(unix)]
#[test]
fn a_child_that_cannot_be_stopped_ends_the_process_before_the_lease_ends() {
    use std::os::unix::process::ExitStatusExt;
    let (program, said, ran) = run_under_lease(&["abort"]);
    assert_eq!(program.status.signal(), Some(6), "SIGABRT; it said: {said}");
    assert!(said.contains("a child that needs the lease `billing` could not be stopped"), "{said}");
    // The lease lasts for three seconds.
    assert!(ran > 2 * SECOND, "{ran:?}");
    assert!(ran < 3 * SECOND, "{ran:?}: another replica may run it by now");
}

#[test]
fn a_child_that_cannot_be_stopped_is_only_reported_by_choice() {
    let (program, said, ran) = run_under_lease(&["report"]);
    assert!(program.status.success(), "it said: {said}");
    assert!(program.stdout.ends_with(b"\nended\n"));
    assert!(ran > 3 * SECOND, "{ran:?}");
    assert!(said.contains("another replica may run it at the same time"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_programs_below_a_lease_end_with_the_process_that_ends_before_it() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("program-under-lease");
    let _ = std::fs::remove_file(&file);
    let (_, said, ran) = run_under_lease(&["abort", file.to_str().expect("a name in UTF-8")]);
    assert!(ran < 3 * SECOND, "{ran:?}; it said: {said}");
    let pid = std::fs::read_to_string(&file).expect("the program has written its number");
    let pid = Pid::from_raw(pid.trim().parse().expect("a number")).expect("not zero");
    // It is gone without a trace, or has ended and waits for its parent.
    let Ok(program) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let limit = Timespec { tv_sec: 10, tv_nsec: 0 };
    let ended = poll(&mut [PollFd::new(&program, PollFlags::IN)], Some(&limit)).expect("it polls");
    assert_eq!(ended, 1, "waited in vain for the end of the program");
}
