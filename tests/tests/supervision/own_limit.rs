//! Tests a child's own limit of restarts: used up, the child stays down alone.

use std::time::Duration;

use supervisor::events::{Event, EventKind};
use supervisor::health::HealthProblem;
use supervisor::info::ChildState;
use supervisor::prelude::*;
use supervisor::{AutoShutdown, Backoff, MaxRestarts, StartMode};
use supervisor_tests::{Order, Stage, about, event, quiet, restarted, terminated, within};

fn given_up(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildGivenUp { .. }))
}

/// Fails the child, and waits for its next life.
async fn fail(child: &ChildRef<Order>, events: &mut supervisor::events::Events) {
    child.send(Order::Fail).await.unwrap();
    event(events, "the next life", restarted(child.path().as_str())).await;
}

#[tokio::test(start_paused = true)]
async fn the_child_stays_down_alone_and_can_be_started_again() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_max_restarts(0)
        .with_child(stage.actor("sibling"))
        .with_child(stage.actor("child").with_max_restarts(2))
        .build();
    root.start().await.unwrap();
    let child = root.lookup::<Order>("child").await.unwrap();
    let mut events = root.events();
    // The supervisor allows none, and these take none of its own.
    for _ in 0..2 {
        fail(&child, &mut events).await;
    }
    child.send(Order::Fail).await.unwrap();
    let limit = event(&mut events, "the limit", given_up("child")).await;
    assert_eq!(
        limit.to_string(),
        "child: failed again after its own 2 restarts within 5s, and stays down: error: told to fail"
    );
    assert_eq!(within("the end", child.ended()).await.unwrap().to_string(), "error: told to fail");
    assert_eq!((child.status(), child.incarnation()), (ChildState::Failed, 3));
    assert_eq!(stage.alive(), "sibling");
    let stats = root.stats().await.unwrap();
    assert_eq!((stats.failed, stats.running, stats.children()), (1, 1, 2));

    let health = root.health().await;
    assert!(health.live && !health.ready);
    let [reason] = health.reasons.as_slice() else { panic!("{health}") };
    assert_eq!((&reason.path == "child", &reason.problem), (true, &HealthProblem::Failed));
    let text = health.to_string();
    assert!(text.contains("child has failed too often, and stays down"), "{text}");
    assert!(text.contains("last exit: error: told to fail"), "{text}");

    // A start by a call has the whole limit again.
    root.restart_child("child").await.unwrap();
    assert!(root.health().await.ready);
    for _ in 0..2 {
        fail(&child, &mut events).await;
    }
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the limit", given_up("child")).await;
    child.restart().await.unwrap();
    assert_eq!(stage.alive(), "child sibling");
    root.delete_child("child").await.unwrap_err();
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_health_watcher_is_told() {
    let stage = Stage::new();
    let root = Supervisor::new().with_child(stage.actor("child").with_max_restarts(0)).build();
    let mut changes = root.health_changes();
    root.start().await.unwrap();
    let child = root.lookup::<Order>("child").await.unwrap();
    within("readiness", async { while !changes.next().await.unwrap().ready {} }).await;
    child.send(Order::Fail).await.unwrap();
    let away = within("the change", changes.next()).await.unwrap();
    assert_eq!(away.reasons[0].problem, HealthProblem::Failed, "{away}");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_window_slides() {
    let stage = Stage::new();
    let root = Supervisor::new().with_restart_window(Duration::from_secs(10)).build();
    let child = root.add_child(stage.actor("child").with_max_restarts(1)).await.unwrap();
    let mut events = root.events();
    for _ in 0..5 {
        fail(&child, &mut events).await;
        tokio::time::sleep(Duration::from_millis(10_001)).await;
    }
    fail(&child, &mut events).await;
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the limit", given_up("child")).await;
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_siblings_are_their_own() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_max_restarts(1)
        .with_child(stage.actor("a").with_max_restarts(1))
        .with_child(stage.actor("b").with_max_restarts(MaxRestarts::Unlimited))
        .with_child(stage.actor("c"))
        .build();
    root.start().await.unwrap();
    let mut events = root.events();
    let of = async |name: &str| root.lookup::<Order>(name).await.unwrap();
    let (a, b, c) = (of("a").await, of("b").await, of("c").await);
    for _ in 0..20 {
        fail(&b, &mut events).await;
    }
    fail(&a, &mut events).await;
    fail(&c, &mut events).await;
    a.send(Order::Fail).await.unwrap();
    event(&mut events, "the limit", given_up("a")).await;
    assert_eq!(stage.alive(), "b c");
    // The supervisor's own limit is used up by its other child.
    c.send(Order::Fail).await.unwrap();
    within("the end of the tree", root.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_number_of_restarts_left_is_the_child_s_own() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let backoff = Backoff::constant(Duration::from_millis(10));
    let child = stage.actor("child").with_max_restarts(7).with_backoff(backoff);
    let child = root.add_child(child).await.unwrap();
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    let delayed = event(&mut events, "the delay", |event| {
        matches!(event.kind(), EventKind::RestartDelayed { .. })
    })
    .await;
    let EventKind::RestartDelayed { restarts_left, .. } = delayed.kind() else { unreachable!() };
    assert_eq!(*restarts_left, Some(6));
    let again = event(&mut events, "the next life", restarted("child")).await;
    let EventKind::ChildRestarted { restarts_left, .. } = again.kind() else { unreachable!() };
    assert_eq!(*restarts_left, Some(6));
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn in_a_group_the_others_go_on_and_the_next_group_restart_brings_it_back() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(stage.actor("a"))
        .with_child(stage.actor("b").with_max_restarts(1))
        .with_child(stage.actor("c"))
        .build();
    root.start().await.unwrap();
    let mut events = root.events();
    let (a, b) = (root.lookup::<Order>("a").await, root.lookup::<Order>("b").await);
    let (a, b) = (a.unwrap(), b.unwrap());
    b.send(Order::Fail).await.unwrap();
    event(&mut events, "the group's restart", restarted("c")).await;
    b.send(Order::Fail).await.unwrap();
    event(&mut events, "the limit", given_up("b")).await;
    quiet().await;
    assert_eq!(stage.alive(), "a c");
    assert_eq!((a.incarnation(), b.status()), (2, ChildState::Failed));
    a.send(Order::Fail).await.unwrap();
    event(&mut events, "the group's restart", restarted("c")).await;
    assert_eq!((stage.alive().as_str(), b.incarnation()), ("a b c", 3));
    root.shutdown().await.unwrap();
}

/// The start fails within a restart of the group: those after it start without it.
#[tokio::test(start_paused = true)]
async fn a_start_that_fails_too_often_holds_up_no_group() {
    let stage = Stage::new();
    for strategy in [SupervisionStrategy::OneForAll, SupervisionStrategy::RestForOne] {
        let b = stage.task("b", async |mut ctx: Context| {
            if ctx.incarnation() > 1 {
                return Err("the port is taken".into());
            }
            ctx.ready();
            ctx.shutdown_requested().await;
            Ok(())
        });
        let root = Supervisor::new()
            .with_strategy(strategy)
            .with_child(stage.actor("a"))
            .with_child(b.with_start(StartMode::Notify).with_max_restarts(1))
            .with_child(stage.actor("c"))
            .build();
        root.start().await.unwrap();
        let mut events = root.events();
        let a = root.lookup::<Order>("a").await.unwrap();
        a.send(Order::Fail).await.unwrap();
        event(&mut events, "the limit", given_up("b")).await;
        event(&mut events, "the last of the group", restarted("c")).await;
        quiet().await;
        assert_eq!(stage.alive(), "a c", "{strategy}");
        root.shutdown().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_of_a_pool_is_forgotten_alone() {
    let stage = Stage::new();
    let template = ChildSpec::new("worker").with_max_restarts(1).with_task(async |ctx: Context| {
        if ctx.path() == "#1" {
            return Err("always".into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let pool = Supervisor::new().with_max_restarts(0).build_pool(template);
    pool.start().await.unwrap();
    let failing = pool.add_worker().await.unwrap();
    let other = pool.add_worker().await.unwrap();
    within("the end of the worker", failing.ended()).await;
    assert_eq!((failing.status(), failing.incarnation()), (ChildState::Failed, 2));
    assert_eq!(pool.workers().await.unwrap().len(), 1);
    assert_eq!(other.status(), ChildState::Running);
    pool.shutdown().await.unwrap();
    drop(stage);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_can_be_given_up_alone_too() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_max_restarts(0).with_child(stage.actor("leaf")).build();
    let root = Supervisor::new()
        .with_max_restarts(0)
        .with_child(stage.actor("sibling"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub.clone()).with_max_restarts(1))
        .build();
    root.start().await.unwrap();
    let leaf = root.lookup::<Order>("sub/leaf").await.unwrap();
    let mut events = root.events();
    fail_once(&leaf, &mut events).await;
    event(&mut events, "the supervisor's next life", restarted("sub")).await;
    fail_once(&leaf, &mut events).await;
    event(&mut events, "the limit", given_up("sub")).await;
    within("the end of the leaf", leaf.ended()).await;
    within("the end of the supervisor", sub.wait()).await.unwrap_err();
    assert_eq!(stage.alive(), "sibling");
    root.restart_child("sub").await.unwrap();
    assert_eq!(stage.alive(), "leaf sibling");
    root.shutdown().await.unwrap();
}

async fn fail_once(child: &ChildRef<Order>, events: &mut supervisor::events::Events) {
    child.send(Order::Fail).await.unwrap();
    event(events, "the end of the life", terminated(child.path().as_str())).await;
}

#[tokio::test(start_paused = true)]
async fn a_significant_child_that_is_given_up_has_ended() {
    let stage = Stage::new();
    let child = stage.actor("child").with_restart_policy(RestartPolicy::Transient);
    let root = Supervisor::new()
        .with_auto_shutdown(AutoShutdown::AnySignificant)
        .with_child(stage.actor("sibling"))
        .with_child(child.with_significant(true).with_max_restarts(0))
        .build();
    root.start().await.unwrap();
    let child = root.lookup::<Order>("child").await.unwrap();
    child.send(Order::Fail).await.unwrap();
    within("the end of the tree", root.wait()).await.unwrap();
    assert_eq!(stage.alive(), "");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_no_restart_can_help_still_escalates() {
    let stage = Stage::new();
    let root = Supervisor::new().with_child(stage.actor("child").with_max_restarts(5)).build();
    root.start().await.unwrap();
    let child = root.lookup::<Order>("child").await.unwrap();
    child.send(Order::Escalate).await.unwrap();
    within("the end of the tree", root.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_with_a_limit_is_refused() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = stage.actor("child").with_restart_policy(RestartPolicy::Temporary);
    let error = root.add_child(child.with_max_restarts(1)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "child `child`: `child` is `Temporary`, so its `max_restarts` is never used; leave it out"
    );
    root.shutdown().await.unwrap();
}

const LIMIT: u32 = 1;

#[derive(Child, Default)]
#[child(max_restarts = LIMIT)]
struct Fragile;

impl Worker for Fragile {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Err("always".into())
    }
}

async fn fragile(_ctx: Context) -> ChildResult {
    Err("always".into())
}

supervision_tree! {
    Limited(limit: u32): one_for_one(max_restarts = 0) {
        task: Always(max_restarts = 2) = fragile,
        typed: Fragile,
        over: Fragile(max_restarts = 3),
        known: Always(max_restarts = runtime(limit)) = fragile,
        calm: Always = calm,
    }
}

async fn calm(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_is_set_in_the_tree_and_in_the_derive() {
    let tree = Limited::start(4).await.unwrap();
    let mut lives = Vec::new();
    for child in
        [tree.task().as_any(), tree.typed().as_any(), tree.over().as_any(), tree.known().as_any()]
    {
        within("the end", child.ended()).await;
        lives.push(child.incarnation());
    }
    assert_eq!(lives, [3, 2, 4, 5]);
    assert_eq!(tree.calm().status(), ChildState::Running);
    let spec = tree.child_spec("task").await.unwrap();
    assert_eq!(spec.max_restarts, Some(MaxRestarts::AtMost(2)));
    tree.shutdown().await.unwrap();
    assert!(Limited::diagram().contains("max_restarts = 2"));
}
