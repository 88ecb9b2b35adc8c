//! Tests the restart limit: the restarts that a supervisor makes before it gives up, at the edges
//! of its window.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, MaxRestarts, events::Events, info::ChildState};
use supervisor_tests::{Order, Stage, event, quiet, restarted, supervisor_terminated, within};
use tokio::time::advance;

const WINDOW: Duration = Duration::from_secs(10);

struct Failing {
    supervisor: Supervisor,
    child: ChildRef<Order>,
    events: Events,
    stage: Stage,
}

impl Failing {
    async fn start(limit: impl Into<MaxRestarts>) -> Self {
        let stage = Stage::new();
        let spec = stage.actor("child");
        let child = spec.handle();
        let supervisor = Supervisor::new()
            .with_max_restarts(limit)
            .with_restart_window(WINDOW)
            .with_child(spec)
            .build();
        let mut events = supervisor.events();
        within("the start", supervisor.start()).await.unwrap();
        event(&mut events, "the start", |_| true).await;
        Self { supervisor, child, events, stage }
    }

    /// Lets the child fail, and waits for its restart, without moving the clock.
    async fn fail(&mut self) {
        let now = tokio::time::Instant::now();
        self.child.send(Order::Fail).await.unwrap();
        event(&mut self.events, "a restart", restarted("child")).await;
        assert_eq!(now.elapsed(), Duration::ZERO);
    }

    /// Lets the child fail, and returns the error with which the supervisor gives up.
    async fn fail_for_good(mut self) -> SupervisorError {
        let lives = self.stage.gauge("child").begun();
        self.child.send(Order::Fail).await.unwrap();
        event(&mut self.events, "the end", supervisor_terminated("/")).await;
        let gauge = self.stage.gauge("child");
        assert_eq!((gauge.begun(), gauge.alive()), (lives, 0));
        within("the end", self.supervisor.wait()).await.unwrap_err()
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_n_means_n_restarts() {
    for limit in 0..=4 {
        let mut failing = Failing::start(limit).await;
        for _ in 0..limit {
            failing.fail().await;
        }
        let error = failing.fail_for_good().await;
        assert!(matches!(error.reason(), Some(ExitReason::Escalated(_))), "{limit}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn unlimited_means_any_number() {
    let mut failing = Failing::start(MaxRestarts::Unlimited).await;
    for _ in 0..1000 {
        failing.fail().await;
    }
    assert_eq!(failing.supervisor.stats().await.unwrap().restarts, 1000);
}

#[tokio::test(start_paused = true)]
async fn the_default_limit_is_three_restarts_in_five_seconds() {
    let stage = Stage::new();
    let spec = stage.actor("child");
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    for _ in 0..3 {
        child.send(Order::Fail).await.unwrap();
        quiet().await;
    }
    advance(Duration::from_millis(4_900)).await;
    child.send(Order::Fail).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_restart_counts_for_exactly_the_window() {
    let mut failing = Failing::start(1).await;
    failing.fail().await;
    advance(WINDOW).await;
    failing.fail_for_good().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_counts_no_longer_than_the_window() {
    let mut failing = Failing::start(1).await;
    failing.fail().await;
    advance(WINDOW + Duration::from_nanos(1)).await;
    failing.fail().await;
}

#[tokio::test(start_paused = true)]
async fn the_window_slides_over_each_restart_separately() {
    // With a window that begins anew at each restart, the supervisor would give up at the third
    // failure; with a tumbling window, it would survive the last one.
    let mut failing = Failing::start(2).await;
    for _ in 0..5 {
        failing.fail().await;
        advance(Duration::from_secs(6)).await;
    }
    failing.fail().await;
    failing.fail_for_good().await;
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_counts_once() {
    let stage = Stage::new();
    let specs = ["a", "b", "c"].map(|name| stage.actor(name));
    let handles = specs.each_ref().map(ChildSpec::handle);
    let mut builder =
        Supervisor::new().with_strategy(SupervisionStrategy::OneForAll).with_max_restarts(2);
    for spec in specs {
        builder = builder.with_child(spec);
    }
    let supervisor = builder.build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    for _ in 0..2 {
        handles[0].send(Order::Fail).await.unwrap();
        event(&mut events, "the group's restart", restarted("c")).await;
    }
    handles[0].send(Order::Fail).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap_err();
    quiet().await;
    assert_eq!((stage.gauge("c").begun(), stage.alive().as_str()), (3, ""));
}

#[tokio::test(start_paused = true)]
async fn all_children_share_the_limit() {
    let stage = Stage::new();
    let (a, b) = (stage.actor("a"), stage.actor("b"));
    let handles = (a.handle(), b.handle());
    let supervisor = Supervisor::new().with_max_restarts(2).with_child(a).with_child(b).build();
    within("the start", supervisor.start()).await.unwrap();
    handles.0.send(Order::Fail).await.unwrap();
    quiet().await;
    handles.1.send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(stage.alive(), "a b");
    handles.1.send(Order::Fail).await.unwrap();
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    let Some(ExitReason::Escalated(escalation)) = error.reason() else { panic!("{error}") };
    assert_eq!((escalation.path().as_str(), stage.alive().as_str()), ("b", ""));
}

#[tokio::test(start_paused = true)]
async fn each_failed_start_of_a_restart_counts() {
    // The first life starts and no later one does: three restarts are three attempts.
    let stage = Stage::new();
    let spec = stage
        .task("child", async |mut ctx: Context| {
            if ctx.incarnation() == 1 {
                ctx.ready();
            }
            Err("it fails".into())
        })
        .with_start(supervisor::StartMode::Notify);
    let supervisor = Supervisor::new().with_max_restarts(3).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    assert!(matches!(error.reason(), Some(ExitReason::Escalated(_))), "{error}");
    assert_eq!(stage.gauge("child").begun(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_stops_the_others_in_reverse_order() {
    let stage = Stage::new();
    let (a, b, c) = (stage.actor("a"), stage.actor("b"), stage.actor("c"));
    let handle = b.handle();
    let supervisor =
        Supervisor::new().with_max_restarts(0).with_child(a).with_child(b).with_child(c).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    handle.send(Order::Fail).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap_err();
    assert_eq!(stage.log(), "+a +b +c -b -c -a");
    assert_eq!(handle.status(), ChildState::Stopped);
}
