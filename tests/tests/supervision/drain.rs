//! Tests the drain: of a tree, whose children go on for a time when it is asked to stop, and of a
//! child, which receives what is queued before it stops.

use std::time::Duration;

use supervisor::events::EventKind;
use supervisor::health::HealthProblem;
use supervisor::prelude::*;
use supervisor::{Backoff, Shutdown, StartMode, SupervisionStrategy, SupervisorBuilder};
use supervisor_tests::{Order, Stage, event, quiet, restarted, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

async fn started(supervisor: &Supervisor) {
    within("the start", supervisor.start()).await.expect("it starts");
    quiet().await;
}

/// Returns the first line of the health, and its first reason.
async fn health(supervisor: &Supervisor) -> (bool, bool, Option<HealthProblem>) {
    let health = within("the health", supervisor.health()).await;
    let reason = health.reasons.first().map(|reason| reason.problem.clone());
    (health.live, health.ready, reason)
}

#[tokio::test(start_paused = true)]
async fn a_tree_is_not_ready_at_once_and_its_children_go_on_for_the_drain_time() {
    let stage = Stage::new();
    let slow = stage.task("a", async |ctx: Context| {
        ctx.shutdown_requested().await;
        sleep(SECOND).await;
        Ok(())
    });
    let supervisor = Supervisor::new().with_child(slow).with_drain(5 * SECOND).build();
    started(&supervisor).await;
    let mut changes = supervisor.health_changes();
    assert!(within("the health", changes.next()).await.is_some_and(|health| health.ready));

    let began = Instant::now();
    supervisor.request_shutdown();
    let change = within("a change", changes.next()).await.expect("the tree goes on");
    assert!(began.elapsed().is_zero());
    assert_eq!((change.live, change.ready), (true, false));
    assert_eq!(change.reasons[0].problem, HealthProblem::Draining);
    sleep(2 * SECOND).await;
    let text = within("the health", supervisor.health()).await.to_string();
    assert_eq!(text, "not ready\n- not ready: / is draining, for 2.0s");
    assert_eq!(stage.log(), "+a");

    let change = within("a change", changes.next()).await.expect("the tree goes on");
    assert_eq!(change.reasons[0].problem, HealthProblem::Stopping);
    within("the end", supervisor.wait()).await.expect("in order");
    assert_eq!((began.elapsed(), stage.log().as_str()), (6 * SECOND, "-a"));
}

#[tokio::test(start_paused = true)]
async fn the_events_tell_of_the_drain_and_then_of_the_stop() {
    let supervisor = Supervisor::new().with_drain(5 * SECOND).build();
    let mut events = supervisor.events();
    started(&supervisor).await;
    supervisor.request_shutdown();
    event(&mut events, "the drain", |event| {
        matches!(event.kind(), EventKind::SupervisorDraining { time, .. } if *time == 5 * SECOND)
    })
    .await;
    let began = Instant::now();
    event(&mut events, "the stop", |event| matches!(event.kind(), EventKind::SupervisorStopping))
        .await;
    assert_eq!(began.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn further_requests_shorten_and_lengthen_nothing() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).with_drain(5 * SECOND).build();
    started(&supervisor).await;
    let began = Instant::now();
    let dropped = supervisor.clone();
    tokio::spawn(async move { dropped.shutdown().await }).abort();
    let first = tokio::time::timeout(SECOND, supervisor.shutdown());
    assert!(first.await.is_err(), "the caller has given up, and the request stands");
    let (one, other) = tokio::join!(
        within("the shutdown", supervisor.shutdown()),
        within("the shutdown", supervisor.shutdown()),
    );
    assert!(one.expect("in order").is_clean() && other.expect("in order").is_clean());
    assert_eq!(began.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_drain_can_be_ended_before_its_time() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).with_drain(5 * SECOND).build();
    started(&supervisor).await;
    supervisor.end_drain();
    quiet().await;
    assert_eq!(health(&supervisor).await, (true, true, None), "nobody has asked it to stop");
    let began = Instant::now();
    supervisor.request_shutdown();
    sleep(SECOND).await;
    supervisor.end_drain();
    supervisor.end_drain();
    within("the end", supervisor.wait()).await.expect("in order");
    assert_eq!(began.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_drop_of_the_last_handle_drains_too() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).with_drain(5 * SECOND).build();
    started(&supervisor).await;
    drop(supervisor);
    sleep(4 * SECOND).await;
    assert_eq!(stage.log(), "+a");
    sleep(2 * SECOND).await;
    assert_eq!(stage.log(), "-a");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_has_not_started_does_not_drain() {
    let stage = Stage::new();
    let never_ready = stage.task("never_ready", async |ctx: Context| {
        ctx.shutdown_requested().await;
        Ok(())
    });
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(never_ready.with_start(StartMode::Notify))
        .with_drain(5 * SECOND)
        .build();
    let start = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.start().await }
    });
    quiet().await;
    let began = Instant::now();
    within("the shutdown", supervisor.shutdown()).await.expect("in order");
    assert!(began.elapsed().is_zero());
    let start = within("the start", start).await.expect("no panic");
    assert!(matches!(start, Err(SupervisorError::ShuttingDown(_))), "{start:?}");

    let built = Supervisor::new().with_drain(5 * SECOND).build();
    within("the shutdown", built.shutdown()).await.expect("it ends at once");
    assert!(began.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_while_the_tree_drains_is_restarted_and_reported() {
    let stage = Stage::new();
    let spec = stage.actor("a").with_backoff(Backoff::constant(SECOND));
    let supervisor = Supervisor::new().with_drain(5 * SECOND).build();
    let mut events = supervisor.events();
    started(&supervisor).await;
    let actor = within("the child", supervisor.add_child(spec)).await.expect("it is added");
    supervisor.request_shutdown();
    actor.send(Order::Fail).await.expect("it runs");
    quiet().await;
    let health = within("the health", supervisor.health()).await;
    assert_eq!(health.reasons.len(), 2, "{health}");
    event(&mut events, "the restart", restarted("a")).await;
    within("the end", supervisor.wait()).await.expect("in order");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_gives_up_while_it_drains_does_not_wait_for_the_rest_of_the_time() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_max_restarts(0).with_drain(5 * SECOND).build();
    started(&supervisor).await;
    let added = supervisor.add_child(stage.actor("a"));
    let actor = within("the child", added).await.expect("it is added");
    let began = Instant::now();
    let shutdown = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.shutdown().await }
    });
    quiet().await;
    actor.send(Order::Fail).await.expect("it runs");
    let report = within("the shutdown", shutdown).await.expect("no panic");
    assert!(report.expect("it was running when it was asked").is_clean());
    assert!(began.elapsed() < SECOND);
    let end = within("the end", supervisor.wait()).await;
    assert!(matches!(end, Err(SupervisorError::Ended(..))), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn children_can_be_added_while_the_tree_drains() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_drain(5 * SECOND).build();
    started(&supervisor).await;
    supervisor.request_shutdown();
    within("the child", supervisor.add_child(stage.actor("late"))).await.expect("it goes on");
    within("the end", supervisor.wait()).await.expect("in order");
    assert_eq!(stage.log(), "+late -late");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_below_a_root_does_not_drain() {
    let stage = Stage::new();
    let nested = Supervisor::new().with_child(stage.actor("a")).with_drain(5 * SECOND).build();
    let root = Supervisor::new()
        .with_child(ChildSpec::new("nested").with_supervisor(nested.clone()))
        .build();
    started(&root).await;
    let began = Instant::now();
    within("the shutdown", nested.shutdown()).await.expect("in order");
    within("the shutdown", root.shutdown()).await.expect("in order");
    assert!(began.elapsed().is_zero());
}

supervision_tree! {
    Drained: one_for_one(drain = 5s, shutdown_within = 13s) {
        first: Always(shutdown = 3s) = stubborn,
        second: Always = stubborn,
    }
}

supervision_tree! {
    Outer: one_for_one {
        inner: Drained = Drained::tree(),
    }
}

async fn stubborn(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn the_budget_has_the_drain_of_the_root_and_the_shutdown_takes_exactly_that() {
    let budget = Drained::SHUTDOWN_BUDGET.expect("bounded");
    assert_eq!(budget, 13 * SECOND);
    assert_eq!(Outer::SHUTDOWN_BUDGET, Some(8 * SECOND), "an inner tree does not drain");
    let tree = within("the start", Drained::start()).await.expect("it starts");
    quiet().await;
    let began = Instant::now();
    within("the shutdown", tree.supervisor().shutdown()).await.expect("in order");
    assert_eq!(began.elapsed(), budget);
    assert!(Drained::diagram().contains("Drained: one_for_one (drain = 5s)"));
    assert!(Outer::diagram().contains("inner: Drained, one_for_one\""), "{}", Outer::diagram());
}

#[tokio::test(start_paused = true)]
async fn the_drain_time_can_come_from_the_configuration() {
    let drain = 2 * SECOND;
    let tree =
        supervision_tree! { one_for_one(drain = runtime(drain)) { first: Always = stubborn } };
    assert_eq!(tree.handle().shutdown_budget(), None);
    let handle = within("the start", tree.start()).await.expect("it starts");
    quiet().await;
    let began = Instant::now();
    within("the shutdown", handle.supervisor().shutdown()).await.expect("in order");
    assert_eq!(began.elapsed(), 7 * SECOND);
}

/// A child that takes its time for each message.
#[derive(Child)]
#[child(message = u32, shutdown = 10s, drain)]
struct Clerk(Stage);

impl Worker for Clerk {
    async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
        while let Some(number) = ctx.recv().await {
            sleep(SECOND).await;
            self.0.note(number.to_string());
        }
        self.0.note("none");
        assert_eq!(ctx.recv().await, None);
        Ok(())
    }
}

async fn clerk(
    stage: &Stage,
    supervisor: SupervisorBuilder,
    drain: bool,
) -> (Supervisor, ChildRef<u32>) {
    let spec = ChildSpec::new("clerk").with_worker(Clerk(stage.clone())).with_drain(drain);
    let spec = spec.with_shutdown(10 * SECOND);
    let supervisor = supervisor.build();
    within("the start", supervisor.start()).await.expect("it starts");
    let clerk = within("the clerk", supervisor.add_child(spec)).await.expect("it is added");
    quiet().await;
    for number in 1..=4 {
        within("the message", clerk.send(number)).await.expect("it runs");
    }
    quiet().await;
    (supervisor, clerk)
}

#[tokio::test(start_paused = true)]
async fn a_child_with_drain_receives_what_was_queued_when_it_was_asked_to_stop() {
    let stage = Stage::new();
    let (supervisor, clerk) = clerk(&stage, Supervisor::new(), true).await;
    supervisor.request_shutdown();
    quiet().await;
    clerk.try_send(5).expect("the life goes on, and nobody has closed its mailbox");
    let report = within("the shutdown", supervisor.shutdown()).await.expect("in order");
    assert!(report.is_clean(), "{report}");
    assert_eq!(stage.log(), "1 2 3 4 none", "what comes later does not keep it");
}

#[tokio::test(start_paused = true)]
async fn a_child_without_drain_receives_nothing_more() {
    let stage = Stage::new();
    let (supervisor, clerk) = clerk(&stage, Supervisor::new(), false).await;
    let mut left = clerk.dead_letters();
    within("the shutdown", supervisor.shutdown()).await.expect("in order");
    assert_eq!(stage.log(), "1 none");
    let mut letters = Vec::new();
    while let Some(letter) = within("a letter", left.next()).await {
        letters.push(letter);
    }
    assert_eq!(letters, [2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_time_bounds_the_drain_of_a_child() {
    let stage = Stage::new();
    let (supervisor, clerk) = clerk(&stage, Supervisor::new(), true).await;
    for number in 5..=20 {
        within("the message", clerk.send(number)).await.expect("it runs");
    }
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.expect("in order");
    assert_eq!(began.elapsed(), 10 * SECOND);
    assert_eq!(report.killed().map(|(path, _)| path.to_string()).collect::<Vec<_>>(), ["clerk"]);
    assert!(stage.log().starts_with("1 2 3 4 5 6 7 8 9"));
}

#[tokio::test(start_paused = true)]
async fn messages_wait_for_the_next_life_if_one_follows() {
    let stage = Stage::new();
    let (supervisor, clerk) = clerk(&stage, Supervisor::new(), true).await;
    within("the restart", clerk.restart()).await.expect("it runs");
    assert_eq!(stage.log(), "1 none");
    within("the end", clerk.terminate()).await.expect("it runs");
    // The next life has looked at its mailbox before it was asked, or has not.
    assert!(["2 3 4 none", ""].contains(&stage.log().as_str()));
    drop(supervisor);
}

#[tokio::test(start_paused = true)]
async fn a_terminated_child_drains_and_a_killed_one_does_not() {
    let stage = Stage::new();
    let (_supervisor, address) = clerk(&stage, Supervisor::new(), true).await;
    within("the end", address.terminate()).await.expect("it runs");
    assert_eq!(stage.log(), "1 2 3 4 none");

    let (supervisor, _clerk) = clerk(&stage, Supervisor::new(), true).await;
    within("the kill", supervisor.kill()).await.expect("it runs");
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_leaves_the_messages_of_its_children_to_their_next_lives() {
    let stage = Stage::new();
    let group = Supervisor::new().with_strategy(SupervisionStrategy::OneForAll);
    let (supervisor, clerk) = clerk(&stage, group, true).await;
    let mut events = supervisor.events();
    let added = supervisor.add_child(stage.actor("a"));
    let actor = within("the child", added).await.expect("it is added");
    actor.send(Order::Fail).await.expect("it runs");
    event(&mut events, "the restart", restarted("clerk")).await;
    assert_eq!(stage.log(), "+a -a 1 none +a");
    sleep(10 * SECOND).await;
    assert_eq!(stage.log(), "2 3 4");
    assert_eq!(clerk.queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_queued_are_answered_before_the_child_stops() {
    let spec = ChildSpec::new("clerk").with_drain(true).with_worker(Answers);
    let supervisor = Supervisor::new().build();
    started(&supervisor).await;
    let answers = supervisor.add_child(spec).await.expect("it is added");
    quiet().await;
    let asked: Vec<_> = (0..3)
        .map(|_| {
            let answers = answers.clone();
            tokio::spawn(async move { answers.ask(Answer).await })
        })
        .collect();
    quiet().await;
    within("the shutdown", supervisor.shutdown()).await.expect("in order");
    for asked in asked {
        let answer = within("an answer", asked).await.expect("no panic");
        assert_eq!(answer.expect("it was queued"), 7);
    }
}

struct Answer(Reply<u32>);

#[derive(Child)]
#[child(message = Answer)]
struct Answers;

impl Worker for Answers {
    async fn run(&self, mut ctx: Context<Answer>) -> ChildResult {
        while let Some(Answer(reply)) = ctx.recv().await {
            sleep(SECOND).await;
            let _ = reply.send(7);
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_makes_no_sense_is_refused() {
    let killed = ChildSpec::new("clerk").with_worker(Clerk(Stage::new()));
    let killed = killed.with_drain(true).with_shutdown(Shutdown::BrutalKill);
    let supervisor = Supervisor::new().with_child(killed).build();
    let start = within("the start", supervisor.start()).await;
    let Err(SupervisorError::InvalidSpec(_, rule)) = start else { panic!("{start:?}") };
    assert!(rule.contains("`clerk` is killed when it is stopped"), "{rule}");
}
