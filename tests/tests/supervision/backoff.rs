//! Tests backoffs: the delays before restarts, and the commands and failures that come meanwhile.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, MaxRestarts,
    events::{EventKind, Events},
    info::ChildState,
};
use supervisor_tests::{Order, Stage, delayed, event, quiet, restarted, started, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const WINDOW: Duration = Duration::from_secs(100);

struct Delayed {
    stage: Stage,
    supervisor: Supervisor,
    child: ChildRef<Order>,
    events: Events,
}

impl Delayed {
    async fn start(backoff: Backoff) -> Self {
        let stage = Stage::new();
        let spec = stage.actor("a").with_backoff(backoff);
        let child = spec.handle();
        let supervisor = Supervisor::new()
            .with_max_restarts(MaxRestarts::Unlimited)
            .with_restart_window(WINDOW)
            .with_child(spec)
            .build();
        let mut events = supervisor.events();
        within("the start", supervisor.start()).await.unwrap();
        event(&mut events, "the start", started("a")).await;
        Self { stage, supervisor, child, events }
    }

    /// Fails, and returns the time that the restart took.
    async fn fail(&mut self) -> Duration {
        self.child.send(Order::Fail).await.unwrap();
        let pending = event(&mut self.events, "the delay", delayed("a")).await;
        let EventKind::RestartDelayed { delay, .. } = *pending.kind() else { unreachable!() };
        let began = Instant::now();
        event(&mut self.events, "the restart", restarted("a")).await;
        let took = began.elapsed();
        // Tokio's timers have a granularity of a millisecond.
        assert!(took >= delay && took <= delay + Duration::from_millis(2), "{took:?} {delay:?}");
        took
    }
}

fn assert_between(delay: Duration, cap: Duration) {
    let slack = Duration::from_millis(2);
    assert!(delay >= cap / 2 && delay <= cap + slack, "{delay:?} for a cap of {cap:?}");
}

#[tokio::test(start_paused = true)]
async fn delays_double_from_min_to_max_between_half_and_all() {
    let mut delayed = Delayed::start(Backoff::new(SECOND, 10 * SECOND)).await;
    for cap in [1, 2, 4, 8, 10, 10, 10] {
        assert_between(delayed.fail().await, cap * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_constant_backoff_does_not_grow() {
    let mut delayed = Delayed::start(Backoff::constant(SECOND)).await;
    for _ in 0..5 {
        assert_between(delayed.fail().await, SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn children_that_fail_together_come_back_apart() {
    let stage = Stage::new();
    let mut builder = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited);
    let mut children = Vec::new();
    for number in 0..20 {
        let spec = stage.actor(&number.to_string()).with_backoff(Backoff::constant(100 * SECOND));
        children.push(spec.handle());
        builder = builder.with_child(spec);
    }
    let supervisor = builder.build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    for child in &children {
        child.send(Order::Fail).await.unwrap();
    }
    let mut delays = Vec::new();
    for number in 0..20 {
        let pending = event(&mut events, "a delay", delayed(&number.to_string())).await;
        let EventKind::RestartDelayed { delay, .. } = *pending.kind() else { unreachable!() };
        assert_between(delay, 100 * SECOND);
        delays.push(delay);
    }
    delays.sort_unstable();
    delays.dedup();
    assert!(delays.len() > 15, "{delays:?}");
}

#[tokio::test(start_paused = true)]
async fn attempts_start_again_after_a_window_of_health() {
    let mut delayed = Delayed::start(Backoff::new(SECOND, 64 * SECOND)).await;
    for cap in [1, 2, 4, 8] {
        assert_between(delayed.fail().await, cap * SECOND);
    }
    sleep(WINDOW).await;
    for cap in [1, 2] {
        assert_between(delayed.fail().await, cap * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_go_on_after_less_than_a_window() {
    let mut delayed = Delayed::start(Backoff::new(SECOND, 64 * SECOND)).await;
    assert_between(delayed.fail().await, SECOND);
    sleep(WINDOW.checked_sub(2 * Duration::from_millis(1)).unwrap()).await;
    assert_between(delayed.fail().await, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_delay_of_a_child_counts_against_the_limit() {
    let stage = Stage::new();
    let spec = stage.actor("a").with_backoff(Backoff::constant(SECOND));
    let child = spec.handle();
    let supervisor =
        Supervisor::new().with_max_restarts(1).with_restart_window(WINDOW).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    sleep(2 * SECOND).await;
    child.send(Order::Fail).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap_err();
    assert_eq!(stage.log(), "+a -a +a -a");
}

#[tokio::test(start_paused = true)]
async fn a_termination_during_the_delay_is_final() {
    let mut delayed_child = Delayed::start(Backoff::constant(10 * SECOND)).await;
    delayed_child.child.send(Order::Fail).await.unwrap();
    event(&mut delayed_child.events, "the delay", delayed("a")).await;
    within("the stop", delayed_child.supervisor.terminate_child("a")).await.unwrap();
    assert_eq!(delayed_child.child.status(), ChildState::Stopped);
    sleep(100 * SECOND).await;
    assert_eq!(delayed_child.stage.log(), "+a -a");
}

#[tokio::test(start_paused = true)]
async fn a_restart_during_the_delay_comes_at_once_and_alone() {
    let mut delayed_child = Delayed::start(Backoff::constant(10 * SECOND)).await;
    delayed_child.child.send(Order::Fail).await.unwrap();
    event(&mut delayed_child.events, "the delay", delayed("a")).await;
    let began = Instant::now();
    within("the restart", delayed_child.child.restart()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    sleep(100 * SECOND).await;
    assert_eq!(delayed_child.stage.log(), "+a -a +a");
}

#[tokio::test(start_paused = true)]
async fn commands_during_the_delay_have_their_own_answers() {
    let mut delayed_child = Delayed::start(Backoff::constant(10 * SECOND)).await;
    delayed_child.child.send(Order::Fail).await.unwrap();
    event(&mut delayed_child.events, "the delay", delayed("a")).await;
    let supervisor = &delayed_child.supervisor;
    let error = within("the restart", supervisor.restart_child("a")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Restarting(_)), "{error}");
    let error = within("the deletion", supervisor.delete_child("a")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Restarting(_)), "{error}");
    let spec = delayed_child.stage.actor("a");
    let error = within("another", supervisor.add_child(spec)).await.unwrap_err();
    assert!(matches!(error, SupervisorError::AlreadyPresent(_)), "{error}");
    assert_eq!(delayed_child.child.status(), ChildState::Restarting);
    event(&mut delayed_child.events, "the restart", restarted("a")).await;
}

#[tokio::test(start_paused = true)]
async fn messages_wait_for_the_delay() {
    let mut delayed_child = Delayed::start(Backoff::constant(10 * SECOND)).await;
    delayed_child.child.send(Order::Fail).await.unwrap();
    event(&mut delayed_child.events, "the delay", delayed("a")).await;
    delayed_child.child.send(Order::Note(1)).await.unwrap();
    event(&mut delayed_child.events, "the restart", restarted("a")).await;
    quiet().await;
    assert_eq!(delayed_child.stage.log(), "+a -a +a 1");
}

/// Starts a group of `before`, `failing` (with a backoff) and `after`.
async fn group(strategy: SupervisionStrategy) -> (Supervisor, Stage, ChildRef<Order>, Events) {
    let (supervisor, stage, _, failing, events) = group_with_before(strategy).await;
    (supervisor, stage, failing, events)
}

async fn group_with_before(
    strategy: SupervisionStrategy,
) -> (Supervisor, Stage, ChildRef<Order>, ChildRef<Order>, Events) {
    let stage = Stage::new();
    let failing = stage.actor("failing").with_backoff(Backoff::constant(10 * SECOND));
    let before = stage.actor("before");
    let handles = (before.handle(), failing.handle());
    let supervisor = Supervisor::new()
        .with_strategy(strategy)
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(before)
        .with_child(failing)
        .with_child(stage.actor("after"))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the start", started("after")).await;
    quiet().await;
    assert_eq!(stage.log(), "+before +failing +after");
    (supervisor, stage, handles.0, handles.1, events)
}

#[tokio::test(start_paused = true)]
async fn a_group_stops_at_once_and_starts_after_the_delay() {
    let (_supervisor, stage, failing, mut events) = group(SupervisionStrategy::OneForAll).await;
    failing.send(Order::Fail).await.unwrap();
    event(&mut events, "the delay", delayed("failing")).await;
    assert_eq!(stage.log(), "-failing -after -before");
    let began = Instant::now();
    event(&mut events, "the restart", restarted("after")).await;
    assert_between(began.elapsed(), 10 * SECOND);
    quiet().await;
    assert_eq!(stage.log(), "+before +failing +after");
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_delayed_one_widens_the_scope() {
    let (_supervisor, stage, before, failing, mut events) =
        group_with_before(SupervisionStrategy::RestForOne).await;
    failing.send(Order::Fail).await.unwrap();
    event(&mut events, "the delay", delayed("failing")).await;
    assert_eq!(stage.log(), "-failing -after");
    // `before` has no backoff: it is restarted at once, and takes the others along.
    let began = Instant::now();
    before.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("after")).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    quiet().await;
    assert_eq!(stage.log(), "-before +before +failing +after");
    sleep(100 * SECOND).await;
    assert_eq!(stage.log(), "", "the overtaken delay leads to nothing");
    assert_eq!(stage.alive(), "after before failing");
}

#[tokio::test(start_paused = true)]
async fn a_termination_of_the_delayed_child_starts_the_rest_without_it() {
    let (supervisor, stage, failing, mut events) = group(SupervisionStrategy::OneForAll).await;
    failing.send(Order::Fail).await.unwrap();
    event(&mut events, "the delay", delayed("failing")).await;
    let began = Instant::now();
    within("the stop", supervisor.terminate_child("failing")).await.unwrap();
    quiet().await;
    assert!(began.elapsed() < SECOND);
    assert_eq!(stage.log(), "-failing -after -before +before +after");
    sleep(100 * SECOND).await;
    assert_eq!(stage.alive(), "after before");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_a_group_that_backs_off_starts_no_child() {
    let (supervisor, stage, failing, mut events) = group(SupervisionStrategy::OneForAll).await;
    failing.send(Order::Fail).await.unwrap();
    event(&mut events, "the delay", delayed("failing")).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    sleep(100 * SECOND).await;
    assert_eq!(stage.log(), "-failing -after -before");
}
