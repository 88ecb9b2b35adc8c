//! Tests queries: their answers, and that a busy supervisor answers them at once.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, MaxRestarts, StartMode,
    info::{ChildKind, ChildName, ChildState, SupervisorStats},
    specs::Ready,
};
use supervisor_tests::{Order, Stage, delayed, event, quiet, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Makes each query, and checks that no time passes.
async fn ask_all(supervisor: &Supervisor) -> (Vec<(ChildName, ChildState)>, SupervisorStats) {
    let began = Instant::now();
    let children = within("the list", supervisor.which_children()).await.unwrap();
    let count = within("the count", supervisor.count_children()).await.unwrap();
    let stats = within("the figures", supervisor.stats()).await.unwrap();
    let snapshot = within("the picture", supervisor.snapshot()).await.unwrap();
    let spec = within("a spec", supervisor.child_spec(&children[0].name)).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(spec.name, children[0].name);
    assert_eq!((count.specs, stats.children()), (children.len(), children.len()));
    assert_eq!(count.workers + count.supervisors, children.len());
    let pictured: Vec<_> =
        snapshot.children.iter().rev().map(|child| (child.name.clone(), child.state)).collect();
    let listed: Vec<_> = children.iter().map(|child| (child.name.clone(), child.state)).collect();
    assert_eq!(pictured, listed);
    (listed, stats)
}

fn state_of(children: &[(ChildName, ChildState)], name: &str) -> ChildState {
    children.iter().find(|(child, _)| child == name).expect("it is listed").1
}

#[tokio::test(start_paused = true)]
async fn answers_come_while_the_tree_starts() {
    let stage = Stage::new();
    let slow = stage.task("slow", async |_: Context| pending().await).with_start(StartMode::Notify);
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(slow)
        .with_child(stage.actor("later"))
        .build();
    let starting = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.start().await }
    });
    quiet().await;
    let (children, stats) = ask_all(&supervisor).await;
    assert_eq!(state_of(&children, "a"), ChildState::Running);
    assert_eq!(state_of(&children, "slow"), ChildState::Starting);
    assert_eq!(state_of(&children, "later"), ChildState::NotStarted);
    assert_eq!((stats.running, stats.starting, stats.not_started), (1, 1, 1));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    within("the start", starting).await.unwrap().unwrap_err();
}

/// Returns a child that takes ten seconds to stop.
fn slow_to_stop(stage: &Stage, name: &'static str) -> ChildSpec<Ready<ChildRef>> {
    stage
        .task(name, async |ctx: Context| {
            ctx.shutdown_requested().await;
            sleep(10 * SECOND).await;
            Ok(())
        })
        .with_shutdown(60 * SECOND)
}

#[tokio::test(start_paused = true)]
async fn answers_come_while_a_child_stops() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(slow_to_stop(&stage, "slow"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let stopping = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.terminate_child("slow").await }
    });
    quiet().await;
    let (children, stats) = ask_all(&supervisor).await;
    assert_eq!(state_of(&children, "slow"), ChildState::Stopping);
    assert_eq!((stats.running, stats.stopping), (1, 1));
    within("the stop", stopping).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn answers_come_during_a_group_restart() {
    let stage = Stage::new();
    let failing = stage.actor("failing");
    let child = failing.handle();
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(failing)
        .with_child(slow_to_stop(&stage, "slow"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    let (children, stats) = ask_all(&supervisor).await;
    assert_eq!(state_of(&children, "failing"), ChildState::Restarting);
    assert_eq!(state_of(&children, "slow"), ChildState::Stopping);
    assert_eq!((stats.restarting, stats.stopping, stats.failures), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn answers_come_while_a_child_backs_off() {
    let stage = Stage::new();
    let spec = stage.actor("a").with_backoff(Backoff::constant(10 * SECOND));
    let child = spec.handle();
    let supervisor = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(spec)
        .with_child(stage.actor("b"))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the delay", delayed("a")).await;
    let (children, stats) = ask_all(&supervisor).await;
    assert_eq!(state_of(&children, "a"), ChildState::Restarting);
    assert_eq!((stats.restarting, stats.running, stats.restarts), (1, 1, 0));
    let count = supervisor.count_children().await.unwrap();
    assert_eq!((count.specs, count.active), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn answers_come_while_the_supervisor_stops() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(slow_to_stop(&stage, "slow"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    supervisor.request_shutdown();
    quiet().await;
    let (children, _) = ask_all(&supervisor).await;
    assert_eq!(state_of(&children, "slow"), ChildState::Stopping);
    assert_eq!(state_of(&children, "a"), ChildState::Running);
}

#[tokio::test(start_paused = true)]
async fn children_are_listed_the_newest_first() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("x")).build();
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .with_child(stage.actor("b"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    let children = within("the list", supervisor.which_children()).await.unwrap();
    let listed: Vec<_> =
        children.iter().map(|child| (child.name.as_str(), child.kind, child.incarnation)).collect();
    assert_eq!(
        listed,
        [
            ("b", ChildKind::Worker, 1),
            ("sub", ChildKind::Supervisor, 1),
            ("a", ChildKind::Worker, 1)
        ]
    );
    let count = within("the count", supervisor.count_children()).await.unwrap();
    assert_eq!((count.specs, count.active, count.supervisors, count.workers), (3, 3, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_pool_counts_its_template_once() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    for _ in 0..3 {
        within("a worker", pool.add_worker()).await.unwrap();
    }
    let count = within("the count", pool.count_children()).await.unwrap();
    assert_eq!((count.specs, count.active, count.workers), (1, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn child_spec_includes_the_defaults() {
    let stage = Stage::new();
    let sub = Supervisor::new().build();
    let backoff = Backoff::new(SECOND, 2 * SECOND);
    let supervisor = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(stage.actor("a"))
        .with_child(
            stage
                .actor("b")
                .with_restart_policy(RestartPolicy::Transient)
                .with_shutdown(Shutdown::BrutalKill)
                .with_backoff(backoff),
        )
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    let a = supervisor.child_spec("a").await.unwrap();
    assert_eq!((a.restart, a.shutdown), (RestartPolicy::Always, Shutdown::Timeout(5 * SECOND)));
    assert_eq!((a.backoff, a.significant, a.kind), (None, false, ChildKind::Worker));
    let b = supervisor.child_spec("b").await.unwrap();
    assert_eq!((b.restart, b.shutdown), (RestartPolicy::Transient, Shutdown::BrutalKill));
    assert_eq!(b.backoff, Some(backoff));
    let sub = supervisor.child_spec("sub").await.unwrap();
    assert_eq!((sub.kind, sub.shutdown), (ChildKind::Supervisor, Shutdown::Infinity));
    let error = supervisor.child_spec("c").await.unwrap_err();
    assert!(matches!(&error, SupervisorError::NotFound(path) if *path == *"c"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn totals_go_on_over_the_lives_of_a_nested_supervisor() {
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let child = leaf.handle();
    let sub = Supervisor::new().with_max_restarts(1).with_child(leaf).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    within("the start", root.start()).await.unwrap();
    for _ in 0..4 {
        sleep(SECOND).await;
        child.send(Order::Fail).await.unwrap();
        quiet().await;
    }
    // At failures 2 and 4 the supervisor gave up; after the others it restarted the child.
    let stats = sub.stats().await.unwrap();
    assert_eq!((stats.restarts, stats.failures, stats.running), (2, 4, 1));
    assert!(stats.uptime < SECOND, "of its current life: {:?}", stats.uptime);
    let stats = root.stats().await.unwrap();
    assert_eq!((stats.restarts, stats.failures), (2, 2));
    assert!(stats.uptime >= 4 * SECOND, "{:?}", stats.uptime);
    assert_eq!(child.incarnation(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_termination_on_request_is_no_failure() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let stubborn = stage
        .task("stubborn", async |ctx: Context| {
            ctx.shutdown_requested().await;
            pending().await
        })
        .with_shutdown(SECOND);
    within("a child", supervisor.add_child(stubborn)).await.unwrap();
    quiet().await;
    within("the stop", supervisor.terminate_child("stubborn")).await.unwrap();
    let stats = supervisor.stats().await.unwrap();
    assert_eq!((stats.failures, stats.restarts, stats.stopped), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_prints_the_tree() {
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let child = leaf.handle();
    let sub = Supervisor::new().with_child(leaf).build();
    let root = Supervisor::new()
        .with_name("shop")
        .with_strategy(SupervisionStrategy::RestForOne)
        .with_child(stage.actor("db").with_restart_policy(RestartPolicy::Transient))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    sleep(90 * SECOND).await;
    let snapshot = within("the picture", root.snapshot()).await.unwrap();
    let lines: Vec<String> = snapshot.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4, "{snapshot}");
    assert!(lines[0].starts_with("shop: rest_for_one running, up 90"), "{snapshot}");
    assert!(lines[1].starts_with("├─ db [Transient] running"), "{snapshot}");
    assert!(lines[2].starts_with("└─ sub: one_for_one [Always] running"), "{snapshot}");
    assert!(
        lines[3].starts_with("   └─ leaf [Always] running, up 90")
            && lines[3].ends_with("restarted once, last exit: error: told to fail"),
        "{snapshot}"
    );
    let leaf = &snapshot.children[1].children[0];
    assert_eq!((leaf.path.as_str(), leaf.incarnation, leaf.restarts), ("sub/leaf", 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_shows_stopped_children() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("x")).build();
    let root = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    within("a stop", root.terminate_child("a")).await.unwrap();
    within("a stop", root.terminate_child("sub")).await.unwrap();
    let snapshot = within("the picture", root.snapshot()).await.unwrap();
    assert_eq!(snapshot.children.len(), 2);
    assert!(snapshot.children.iter().all(|child| child.state == ChildState::Stopped));
    assert!(snapshot.children.iter().all(|child| child.uptime.is_none()));
    assert!(snapshot.children[1].children.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_does_not_wait_for_a_nested_supervisor_that_is_busy() {
    let stage = Stage::new();
    let slow = stage.task("slow", async |_: Context| pending().await).with_start(StartMode::Notify);
    let sub = Supervisor::new().with_child(slow).build();
    let root = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    let starting = tokio::spawn({
        let root = root.clone();
        async move { root.start().await }
    });
    quiet().await;
    let began = Instant::now();
    let snapshot = within("the picture", root.snapshot()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(snapshot.children[1].state, ChildState::Starting);
    assert_eq!(snapshot.children[1].children[0].state, ChildState::Starting);
    within("the shutdown", root.shutdown()).await.unwrap();
    within("the start", starting).await.unwrap().unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_query_to_an_ended_supervisor_is_an_error() {
    let supervisor = Supervisor::new().build();
    within("the start", supervisor.start()).await.unwrap();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let error = within("the list", supervisor.which_children()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    let error = within("the picture", supervisor.snapshot()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    within("the totals", supervisor.stats()).await.unwrap();
}
