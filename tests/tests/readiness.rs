//! Tests how soon the readiness follows: each child of a tree of twelve is killed, hangs, and is
//! exhausted.

use std::time::{Duration, Instant as RealInstant};

use supervisor::events::EventKind;
use supervisor::health::{Health, HealthChanges};
use supervisor::prelude::*;
use supervisor::testing;
use supervisor_tests::{event, quiet, time_without_processor, within};
use tokio::time::Instant;

/// The time within which the readiness has to follow.
const SOON: Duration = Duration::from_millis(10);

supervision_tree! {
    /// Twelve children: three groups of three workers. A group that gives up comes back after a while.
    Twelve: one_for_one(max_restarts = unlimited) {
        front: one_for_one(max_restarts = 2, restart_window = 60s, backoff = 200ms) {
            web: Worker9, api: Worker9, grpc: Worker9,
        },
        middle: one_for_all(max_restarts = 2, restart_window = 60s, backoff = 200ms) {
            cache: Worker9, index: Worker9, queue: Worker9,
        },
        back: rest_for_one(max_restarts = 2, restart_window = 60s, backoff = 200ms) {
            db: Worker9, log: Worker9, mail: Worker9,
        },
    }
}

const WORKERS: [&str; 9] = [
    "front/web",
    "front/api",
    "front/grpc",
    "middle/cache",
    "middle/index",
    "middle/queue",
    "back/db",
    "back/log",
    "back/mail",
];
const GROUPS: [&str; 3] = ["front", "middle", "back"];

/// One of the nine workers.
#[derive(Child, Default)]
#[child(backoff = 100ms, heartbeat = 1s)]
struct Worker9;

impl Worker for Worker9 {
    async fn run(&self, mut ctx: Context) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

/// Waits for the next health that is ready, or is not, which must come soon after the moment.
async fn flips(changes: &mut HealthChanges, ready: bool, what: &str) -> Health {
    loop {
        let health = within(what, changes.next()).await.expect("the tree goes on");
        assert!(health.live, "{what}: {health}");
        if health.ready == ready {
            return health;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_follows_a_kill_a_hang_and_an_exhausted_group_at_once_and_comes_back() {
    let tree = within("the start", Twelve::start()).await.expect("it starts");
    quiet().await;
    let mut changes = tree.supervisor().health_changes();
    flips(&mut changes, true, "the first look").await;
    for path in WORKERS {
        // A window passes, so that no fault adds up with those before.
        tokio::time::sleep(Duration::from_secs(61)).await;
        let began = Instant::now();
        within("the kill", testing::kill(&tree, path)).await.expect("it runs");
        let health = flips(&mut changes, false, "the kill").await;
        assert!(began.elapsed() <= SOON, "{path}: {:?}", began.elapsed());
        assert!(health.reasons.iter().any(|reason| reason.path == *path), "{path}: {health}");
        flips(&mut changes, true, "the restart").await;

        tokio::time::sleep(Duration::from_secs(61)).await;
        let mut events = tree.supervisor().events();
        within("the hang", testing::hang(&tree, path)).await.expect("it runs");
        event(&mut events, "the end of a life that hangs", |event| {
            event.path() == path && matches!(event.kind(), EventKind::ChildTerminated { .. })
        })
        .await;
        let began = Instant::now();
        flips(&mut changes, false, "the hang").await;
        assert!(began.elapsed() <= SOON, "{path}: {:?}", began.elapsed());
        flips(&mut changes, true, "the restart").await;
    }
    for group in GROUPS {
        tokio::time::sleep(Duration::from_secs(61)).await;
        let path = WORKERS.iter().find(|path| path.starts_with(group)).expect("one of its workers");
        for _ in 0..2 {
            within("the kill", testing::kill(&tree, *path)).await.expect("it runs");
            flips(&mut changes, false, "a kill").await;
            flips(&mut changes, true, "a restart").await;
        }
        let began = Instant::now();
        within("the kill", testing::kill(&tree, *path)).await.expect("it runs");
        let health = flips(&mut changes, false, "the end of the group").await;
        assert!(began.elapsed() <= SOON, "{group}: {:?}", began.elapsed());
        assert!(health.reasons.iter().any(|reason| reason.path == *group), "{group}: {health}");
        flips(&mut changes, true, "the restart of the group").await;
    }
    within("the shutdown", tree.supervisor().shutdown()).await.expect("in order");
}

/// Kills five workers. Returns the times from each kill to the news of it, the shortest first.
async fn times_of_news() -> Vec<Duration> {
    let tree = within("the start", Twelve::start()).await.expect("it starts");
    let mut changes = tree.supervisor().health_changes();
    flips(&mut changes, true, "the first look").await;
    let mut took = Vec::new();
    // One or two kills for each group: more would exhaust its restarts.
    for path in WORKERS.into_iter().step_by(2) {
        let (waited, began) = (time_without_processor(), RealInstant::now());
        let killed = testing::kill(&tree, path);
        let (killed, ()) = tokio::join!(killed, async {
            flips(&mut changes, false, "the kill").await;
            let elapsed = began.elapsed();
            took.push(elapsed.saturating_sub(time_without_processor().saturating_sub(waited)));
        });
        killed.expect("it runs");
        flips(&mut changes, true, "the restart").await;
    }
    within("the shutdown", tree.supervisor().shutdown()).await.expect("in order");
    took.sort_unstable();
    took
}

/// The figure on a real clock: the median, without the time in which other programs had the processor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the figure")]
async fn readiness_follows_within_ten_milliseconds() {
    // In a task, so that all of it runs on threads of the runtime.
    let took = tokio::spawn(times_of_news()).await.expect("it does not panic");
    println!("from the kill to the news: {took:?}");
    assert!(took[took.len() / 2] <= SOON, "{took:?}");
}
