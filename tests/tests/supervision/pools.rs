//! Tests pools: workers are made from a template, and come and go at run time.

use std::collections::HashSet;
use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{MaxRestarts, StartMode, messages::SendError};
use supervisor_tests::{Gauge, Life, Order, Stage, event, quiet, restarted, within};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// A worker that counts up from its own number.
#[derive(Child, Clone, Default)]
#[child(message = Reply<u32>)]
struct Counter {
    from: u32,
}

impl Worker for Counter {
    async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
        let mut number = self.from;
        while let Some(reply) = ctx.recv().await {
            let _ = reply.send(number);
            number += 1;
        }
        Ok(())
    }
}

/// A worker that owns a value that cannot be cloned, and notes its own name.
#[derive(Child)]
#[child(restart = Temporary, once)]
struct Session {
    life: Life,
    stage: Stage,
}

impl WorkerOnce for Session {
    async fn run(self, ctx: Context) -> ChildResult {
        let Self { life: _life, stage } = self;
        stage.note(ctx.path().to_string());
        ctx.shutdown_requested().await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn workers_with_the_templates_value_are_alike() {
    let template = ChildSpec::per_worker::<Counter>("counter").with_value(Counter { from: 5 });
    let pool = Supervisor::new().build_pool(template);
    let first = within("a worker", pool.add_worker()).await.unwrap();
    let second = within("a worker", pool.add_worker()).await.unwrap();
    for counter in [first, second] {
        assert_eq!(within("an answer", counter.ask(|reply| reply)).await.unwrap(), 5);
        assert_eq!(within("an answer", counter.ask(|reply| reply)).await.unwrap(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn each_worker_can_have_a_value_of_its_own_also_after_a_restart() {
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Counter>("counter"));
    let mut counters = Vec::new();
    for from in [10, 20, 30] {
        let counter = within("a worker", pool.add_worker_with(Counter { from })).await.unwrap();
        counters.push((counter, from));
    }
    for (counter, from) in &counters {
        assert_eq!(within("an answer", counter.ask(|reply| reply)).await.unwrap(), *from);
        within("a restart", counter.restart()).await.unwrap();
        assert_eq!(within("an answer", counter.ask(|reply| reply)).await.unwrap(), *from);
    }
    let default = within("a worker", pool.add_worker()).await.unwrap();
    assert_eq!(within("an answer", default.ask(|reply| reply)).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_worker_by_value_has_one_life() {
    let (gauge, stage) = (Gauge::new(), Stage::new());
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Session>("session"));
    let session = Session { life: gauge.enter(), stage: stage.clone() };
    let worker = within("a worker", pool.add_worker_with(session)).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "#1");
    within("the kill", worker.kill()).await.unwrap();
    quiet().await;
    assert_eq!(gauge.alive(), 0);
    assert!(pool.supervisor().which_children().await.unwrap().is_empty());
    assert_eq!(worker.send(()).await, Err(SendError::Gone(())));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_was_refused_is_dropped() {
    let (gauge, stage) = (Gauge::new(), Stage::new());
    let template = ChildSpec::per_worker::<Session>("session");
    let pool = Supervisor::new().with_max_children(1).build_pool(template);
    let session = || Session { life: gauge.enter(), stage: stage.clone() };
    within("a worker", pool.add_worker_with(session())).await.unwrap();
    let error = within("another", pool.add_worker_with(session())).await.unwrap_err();
    assert!(matches!(error.error(), SupervisorError::MaxChildren(_, 1)), "{error}");
    quiet().await;
    assert_eq!(gauge.alive(), 2, "the error has the value");
    drop(error);
    assert_eq!(gauge.alive(), 1);
}

#[tokio::test(start_paused = true)]
async fn numbers_are_not_used_again() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    let mut paths = HashSet::new();
    for _ in 0..10 {
        let worker = within("a worker", pool.add_worker()).await.unwrap();
        assert!(paths.insert(worker.path()), "{} is used twice", worker.path());
        within("its end", worker.terminate()).await.unwrap();
    }
    assert!(pool.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_workers_holds_and_counts_those_that_restart() {
    let stage = Stage::new();
    let template = stage.actor("worker").with_backoff(supervisor::Backoff::constant(100 * SECOND));
    let pool = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_max_children(2)
        .with_template(template)
        .build();
    let mut events = pool.events();
    let first = within("a worker", pool.add_worker()).await.unwrap();
    let second = within("a worker", pool.add_worker()).await.unwrap();
    let error = within("a third", pool.add_worker()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::MaxChildren(_, 2)), "{error}");
    first.downcast::<Order>().unwrap().send(Order::Fail).await.unwrap();
    quiet().await;
    let error = within("a third", pool.add_worker()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::MaxChildren(_, 2)), "{error}");
    event(&mut events, "the restart", restarted("#1")).await;
    within("the end of one", second.terminate()).await.unwrap();
    within("a third", pool.add_worker()).await.unwrap();
    assert_eq!(pool.count_children().await.unwrap().active, 2);
}

#[tokio::test(start_paused = true)]
async fn all_workers_stop_at_once_within_one_shutdown_time() {
    let stage = Stage::new();
    let template = stage
        .task("worker", async |ctx: Context| {
            ctx.shutdown_requested().await;
            tokio::time::sleep(3 * SECOND).await;
            Ok(())
        })
        .with_shutdown(4 * SECOND);
    let pool = Supervisor::new().with_template(template).build();
    for _ in 0..100 {
        within("a worker", pool.add_worker()).await.unwrap();
    }
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", pool.shutdown()).await.unwrap();
    assert_eq!((began.elapsed(), report.is_clean()), (3 * SECOND, true));
    assert_eq!(stage.gauge("worker").alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn workers_that_take_too_long_are_all_dropped_and_reported() {
    let stage = Stage::new();
    let template = stage
        .task("worker", async |ctx: Context| {
            ctx.shutdown_requested().await;
            pending().await
        })
        .with_shutdown(4 * SECOND);
    let pool = Supervisor::new().with_template(template).build();
    // More workers than a subscriber's queue holds events: the report has to name all of them.
    for _ in 0..5_000 {
        within("a worker", pool.add_worker()).await.unwrap();
    }
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", pool.shutdown()).await.unwrap();
    assert_eq!(began.elapsed(), 4 * SECOND);
    assert_eq!((report.killed().count(), stage.gauge("worker").alive()), (5_000, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_of_one_worker_holds_up_no_other() {
    let stage = Stage::new();
    let slow = stage
        .task("worker", async |mut ctx: Context| {
            if ctx.path() == "#1" {
                tokio::time::sleep(20 * SECOND).await;
            }
            ctx.ready();
            ctx.shutdown_requested().await;
            Ok(())
        })
        .with_start(StartMode::Notify);
    let pool = Supervisor::new().with_template(slow).build();
    within("the start", pool.start()).await.unwrap();
    let began = Instant::now();
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { pool.add_worker().await }
    });
    quiet().await;
    for _ in 0..10 {
        let worker = within("a worker", pool.add_worker()).await.unwrap();
        within("its end", worker.terminate()).await.unwrap();
    }
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    within("the first", first).await.unwrap().unwrap();
    assert!(began.elapsed() >= 20 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_pool_without_a_value_needs_one_for_each_worker() {
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Session>("session"));
    let error = within("a worker", pool.supervisor().add_worker()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NoTemplateValue(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn commands_by_name_find_a_worker_by_its_number() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    within("a worker", pool.add_worker()).await.unwrap();
    let error = within("a restart", pool.restart_child("#1")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::SimpleOneForOne(_)), "{error}");
    let error = within("a deletion", pool.delete_child("#1")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::SimpleOneForOne(_)), "{error}");
    let error = within("a stranger", pool.terminate_child("#2")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
    assert_eq!(pool.child_spec("#1").await.unwrap().name, "#1");
    within("a stop", pool.terminate_child("#1")).await.unwrap();
    assert!(pool.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_restarted_is_empty_and_its_workers_are_gone() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_max_restarts(0).with_template(stage.actor("w")).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("pool").with_supervisor(pool.clone())).build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    let worker = within("a worker", pool.add_worker()).await.unwrap();
    let failing = within("a worker", pool.add_worker()).await.unwrap();
    failing.downcast::<Order>().unwrap().send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("pool")).await;
    quiet().await;
    assert!(pool.which_children().await.unwrap().is_empty());
    let worker = worker.downcast::<Order>().unwrap();
    assert_eq!(worker.send(Order::Return).await, Err(SendError::Gone(Order::Return)));
    assert_eq!(stage.gauge("w").alive(), 0);
}

/// Adds 100,000 workers, terminates one half one by one, and shuts the pool down with the other.
async fn many(pool: Supervisor, gauge: Gauge) {
    const MANY: usize = 100_000;
    let mut workers = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        workers.push(pool.add_worker().await.unwrap());
    }
    assert_eq!(pool.count_children().await.unwrap().active, MANY);
    for worker in workers.drain(..MANY / 2) {
        worker.terminate().await.unwrap();
    }
    assert_eq!(pool.count_children().await.unwrap().active, MANY / 2);
    let report = pool.shutdown().await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((gauge.alive(), pool.stats().await.unwrap().restarts), (0, 0));
}

fn counted(gauge: &Gauge) -> Supervisor {
    let lives = gauge.clone();
    let template = ChildSpec::new("worker").with_task(move |ctx: Context| {
        let life = lives.enter();
        async move {
            let _life = life;
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    // On a busy machine, none of them is killed because the others have not ended yet.
    Supervisor::new().with_template(template.with_shutdown(Shutdown::Infinity)).build()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_workers_come_and_go() {
    let gauge = Gauge::new();
    within("all of them", many(counted(&gauge), gauge)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_workers_come_and_go_between_threads() {
    let gauge = Gauge::new();
    within("all of them", many(counted(&gauge), gauge)).await;
}
