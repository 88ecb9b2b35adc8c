//! Tests of `testing::fault_matrix` itself: what it runs, what it finds, and what it prints.

mod findings;

use std::time::{Duration, Instant};

use supervisor::prelude::*;
use supervisor::testing::{self, Fault, FaultMatrix, MatrixFailure, Moment};
use supervisor::{MaxRestarts, Tree};
use supervisor_tests::matrix::{failure, says};
use supervisor_tests::within;

supervision_tree! {
    /// Five children, two of them in a group of their own.
    Shop: rest_for_one(max_restarts = 5, restart_window = 60s) {
        db: Database,
        sub: one_for_one {
            worker: Always = idle,
            mailer: Transient(backoff = 100ms..10s, heartbeat = 1s) = reading,
        },
        cache: Transient(start = notify) = notifying,
    }
}

#[derive(Child, Default)]
#[child(message = Reply<u32>, shutdown = 2s)]
struct Database;

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
        while let Some(reply) = ctx.recv().await {
            let _ = reply.send(42);
        }
        Ok(())
    }
}

supervision_tree! {
    /// A tree that drains for longer than any limit of a matrix.
    Drained: one_for_one(drain = 600s) {
        worker: Always = idle,
        second: Transient = reading,
    }
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

async fn reading(mut ctx: Context) -> ChildResult {
    while ctx.recv().await.is_some() {}
    Ok(())
}

async fn notifying(mut ctx: Context) -> ChildResult {
    ctx.ready();
    ctx.shutdown_requested().await;
    Ok(())
}

async fn answers(shop: &Shop) -> Result<(), String> {
    match shop.db().ask(|reply| reply).await {
        Ok(42) => Ok(()),
        other => Err(format!("the database answers {other:?}")),
    }
}

// ----- one test per case -----

#[testing::fault_matrix("db", "sub", "sub/worker", "sub/mailer", "cache")]
fn shop() -> Tree<Shop> {
    Shop::tree()
}

#[testing::fault_matrix("a", "type")]
fn built() -> FaultMatrix<'static, Supervisor> {
    let child = |name: &str| ChildSpec::new(name).with_task(idle);
    testing::fault_matrix(move || {
        let builder = Supervisor::new().with_strategy(SupervisionStrategy::OneForAll);
        builder.with_child(child("a")).with_child(child("type")).build()
    })
    .states("a", Fault::Kill, "restarts a, type")
}

/// A crate that passes the library on.
mod facade {
    pub(super) use supervisor as trees;
}

#[testing::fault_matrix("db", "sub", "sub/worker", "sub/mailer", "cache", crate = facade::trees)]
fn shop_by_another_path() -> Tree<Shop> {
    Shop::tree()
}

#[test]
#[should_panic(expected = "not named: [\"db\", \"sub\", \"sub/worker\", \"sub/mailer\"]")]
fn children_that_are_not_named_are_found() {
    testing::fault_matrix(Shop::tree).run_children(&["cache"]);
}

#[test]
#[should_panic(expected = "stated: restarts db\n   found:  restarts db, sub/worker")]
fn a_case_of_its_own_holds_the_statements() {
    let matrix = testing::fault_matrix(Shop::tree).states("db", Fault::Kill, "restarts db");
    matrix.run_case("db", Fault::Kill, Moment::Calm);
}

// ----- what passes -----

/// While a tree drains it is as before: the matrix begins with the stop.
#[tokio::test(start_paused = true)]
async fn the_drain_of_a_tree_is_left_out() -> Result<(), MatrixFailure> {
    let report = testing::fault_matrix(Drained::tree).await?;
    assert!(!report.passed.is_empty(), "{report}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_tree_of_five_children_passes_in_seconds() -> Result<(), MatrixFailure> {
    let began = Instant::now();
    let report = testing::fault_matrix(Shop::tree)
        .check(async |shop: &Shop, _| answers(shop).await)
        .states("db", Fault::Panic, "restarts db, sub/worker, sub/mailer, sub, cache")
        .states("cache", Fault::Ok, "cache stays down")
        .await?;
    assert_eq!(report.passed.len() + report.skipped.len(), 120);
    // It takes a tenth of a second.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let escalated = report.consequence("sub/worker", Fault::Escalate);
    assert_eq!(escalated, Some("sub gives up; restarts sub/worker, sub/mailer, sub, cache"));
    Ok(())
}

supervision_tree! {
    /// A child of each kind, and groups of each strategy.
    Zoo(period: Duration): one_for_one(max_restarts = 4, restart_window = 10s) {
        thread: Always<Blocking>(shutdown = 1s) = Blocking::new(|ctx: BlockingContext| {
            let _ = ctx.wait_for_shutdown(Duration::MAX);
            Ok(())
        }),
        job: Always<Periodic> = Periodic::every(period, async || Ok(())),
        parts: simple_one_for_one(partitions = 2) { part: Always<Part> = Part },
        workers: simple_one_for_one { worker: Transient = idle },
        rest: rest_for_one(max_restarts = 2) {
            first: Always(start = notify) = notifying,
            once: Temporary<Once> = Once,
            slow: Always(backoff = 1s..2s) = idle,
        },
        all: one_for_all(max_restarts = 0) {
            left: Always(shutdown = brutal_kill) = idle,
            right: Transient(heartbeat = 3s) = reading,
            patient: Always(shutdown = infinity, start = notify) = notifying,
        },
        brief: one_for_one(auto_shutdown = all_significant, restart = Transient) {
            one: Transient(significant) = idle,
            other: Transient(significant) = idle,
            helper: Always = idle,
        },
    }
}

#[derive(Child)]
struct Part;

impl Worker for Part {
    async fn run(&self, ctx: Context) -> ChildResult {
        idle(ctx).await
    }
}

#[derive(Child)]
#[child(restart = Temporary, once)]
struct Once;

impl WorkerOnce for Once {
    async fn run(self, ctx: Context) -> ChildResult {
        idle(ctx).await
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_child_passes() -> Result<(), MatrixFailure> {
    let period = Duration::from_secs(30);
    // The closure borrows from the test.
    let report = testing::fault_matrix(|| Zoo::tree(period))
        .prepare(async |zoo: &Zoo| zoo.workers().add_worker().await.map(drop))
        .await?;
    assert_eq!(report.consequence("workers/#1", Fault::Kill), Some("restarts workers/#1"));
    let killed = report.consequence("workers", Fault::Kill);
    assert_eq!(killed, Some("restarts workers; workers/#1 is gone"));
    let failed = report.consequence("all/left", Fault::Panic);
    assert_eq!(failed, Some("all gives up; restarts all/left, all/right, all/patient, all"));
    assert!(report.to_string().contains("a thread or a process cannot be made to hang"));
    Ok(())
}

supervision_tree! {
    /// Children whose starts are tried again, under each strategy.
    Retries: one_for_one(max_restarts = 9, restart_window = 60s) {
        all: one_for_all(max_restarts = 9, restart_window = 60s) {
            before: Always = idle,
            db: Always(start = retry, backoff = 1s) = late,
            after: Always(start = notify) = notifying,
        },
        part: rest_for_one(start = retry, backoff = 1s, max_restarts = 0) {
            pool: Always(start = notify) = late,
            cache: Transient = idle,
        },
    }
}

/// Comes up after a while, in which its siblings go on if they do not wait for it.
async fn late(mut ctx: Context) -> ChildResult {
    tokio::time::sleep(Duration::from_millis(300)).await;
    ctx.ready();
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_tried_again_stops_no_sibling() -> Result<(), MatrixFailure> {
    let report = within("the matrix", testing::fault_matrix(Retries::tree).into_future()).await?;
    let failed = report.consequence("all/db", Fault::FailedStart);
    assert_eq!(failed, Some("restarts all/before, all/after, all/db twice"));
    let failed = report.consequence("part/pool", Fault::FailedStart);
    assert_eq!(failed, Some("part gives up; restarts part/pool twice, part/cache, part twice"));
    Ok(())
}

supervision_tree! {
    /// Groups that start and stop by use, with children that report and one that is tried again.
    ByUse: one_for_one(max_restarts = 9, restart_window = 60s) {
        all: one_for_all(order = by_use, max_restarts = 9, restart_window = 60s) {
            a: Always(start = notify) = late,
            b: Always(after = [a]) = idle,
            c: Always(start = notify, after = [a]) = late,
            d: Always = idle,
            e: Always(after = [b, c, d]) = idle,
        },
        rest: rest_for_one(order = by_use, max_restarts = 9, restart_window = 60s) {
            db: Always(start = retry, backoff = 1s) = late,
            user: Always(after = [db]) = idle,
            other: Transient(start = notify) = late,
            last: Temporary(after = [user, other]) = idle,
        },
        one: one_for_one(order = by_use, max_restarts = 9, restart_window = 60s) {
            x: Always(start = notify) = late,
            y: Always(after = [x]) = idle,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn trees_that_start_by_use_pass() -> Result<(), MatrixFailure> {
    let report = within("the matrix", testing::fault_matrix(ByUse::tree).into_future()).await?;
    let failed = |path| report.consequence(path, Fault::FailedStart);
    assert_eq!(failed("all/a"), Some("restarts all/d twice, all/a twice, all/b, all/c, all/e"));
    assert_eq!(failed("rest/db"), Some("restarts rest/user, rest/db twice; rest/last is gone"));
    assert_eq!(failed("one/x"), Some("restarts one/x twice"));
    Ok(())
}

#[derive(Child)]
#[child(restart = Temporary, once, start = notify)]
struct OnceReady;

impl WorkerOnce for OnceReady {
    async fn run(self, ctx: Context) -> ChildResult {
        notifying(ctx).await
    }
}

/// No restart brings back what runs once. The matrix says so, and does not try for ever.
#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_started_again_for_ever_fails_its_case() {
    let matrix = testing::fault_matrix(|| {
        let once = ChildSpec::new("once").with_worker_once(OnceReady);
        let sub = Supervisor::new().with_child(once).build();
        let sub = ChildSpec::new("sub").with_supervisor(sub);
        Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).with_child(sub).build()
    });
    let text = failure(matrix).await;
    says(
        &text,
        &[
            "`sub` is started again for ever: `sub/once` runs once, and its value is used up",
            "2 of 16 cases failed", // a kill of `sub`, and an escalation of `once`
        ],
    );
    assert!(!text.contains("had not ended"), "{text}");
}

supervision_tree! {
    Deep: one_for_one {
        web: Always = idle,
        a: one_for_one { b: one_for_one { c: one_for_one { worker: Always = idle } } },
    }
}

/// Those below a sibling that is killed while the tree gives up are killed too, at any depth.
#[tokio::test(start_paused = true)]
async fn a_deep_tree_passes() -> Result<(), MatrixFailure> {
    testing::fault_matrix(Deep::tree).await.map(drop)
}

/// A tree that ends by itself is expected to end.
#[tokio::test(start_paused = true)]
async fn a_tree_with_significant_children_passes() -> Result<(), MatrixFailure> {
    let significant = |name: &str| {
        let spec = ChildSpec::new(name).with_task(idle).with_significant(true);
        spec.with_restart_policy(RestartPolicy::Transient)
    };
    let report = testing::fault_matrix(|| {
        Supervisor::new()
            .with_auto_shutdown(supervisor::AutoShutdown::AnySignificant)
            .with_child(significant("a"))
            .with_child(significant("b"))
            .build()
    })
    .await?;
    assert_eq!(report.consequence("a", Fault::Ok), Some("the tree ends in order"));
    assert_eq!(report.consequence("a", Fault::Error), Some("restarts a"));
    Ok(())
}
