//! Tests pre-emption: a shutdown overtakes starts, stops, backoffs and group restarts.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Backoff, ExitReason, MaxRestarts, StartMode};
use supervisor_tests::{Order, Stage, delayed, event, quiet, started, within};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_shutdown_pre_empts_a_start() {
    let stage = Stage::new();
    let spec = stage
        .task("starting", async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(spec)
        .with_child(stage.actor("never"))
        .build();
    let starting = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.start().await }
    });
    quiet().await;
    let began = Instant::now();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(stage.log(), "+a +starting -starting -a");
    let error = within("the start", starting).await.unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::ShuttingDown(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_pre_empts_the_start_of_an_added_child() {
    let stage = Stage::new();
    let spec =
        stage.task("starting", async |_: Context| pending().await).with_start(StartMode::Notify);
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    within("the start", supervisor.start()).await.unwrap();
    let adding = tokio::spawn(supervisor.add_child(spec));
    quiet().await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let error = within("the child", adding).await.unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::ShuttingDown(_)), "{error}");
    assert_eq!(stage.alive(), "");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_pre_empts_a_backoff() {
    let stage = Stage::new();
    let spec = stage.actor("a").with_backoff(Backoff::constant(1000 * SECOND));
    let child = spec.handle();
    let supervisor =
        Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the delay", delayed("a")).await;
    let began = Instant::now();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    tokio::time::sleep(2000 * SECOND).await;
    assert_eq!(stage.log(), "+a -a", "a pending restart does not outlive the supervisor");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_keeps_the_deadline_of_a_stop_that_runs() {
    let stage = Stage::new();
    let spec = stage.stops_after("slow", 100 * SECOND).with_shutdown(10 * SECOND);
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let stopping = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.terminate_child("slow").await }
    });
    tokio::time::sleep(4 * SECOND).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(began.elapsed(), 10 * SECOND);
    within("the stop", stopping).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_second_shutdown_waits_with_the_first() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.stops_after("a", 2 * SECOND)).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let (first, second) = within("both", async {
        tokio::join!(supervisor.shutdown(), async {
            tokio::time::sleep(SECOND).await;
            supervisor.shutdown().await
        })
    })
    .await;
    first.unwrap();
    second.unwrap();
    assert_eq!((began.elapsed(), stage.log().as_str()), (2 * SECOND, "+a a? a! -a"));
    within("the third", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_a_nested_supervisor_can_be_requested_any_number_of_times() {
    for policy in [RestartPolicy::Always, RestartPolicy::Temporary] {
        let stage = Stage::new();
        let sub = Supervisor::new().with_child(stage.stops_after("a", SECOND)).build();
        let spec = ChildSpec::new("sub").with_supervisor(sub.clone()).with_restart_policy(policy);
        let root = Supervisor::new().with_child(spec).build();
        within("the start", root.start()).await.unwrap();
        quiet().await;
        let (first, second) =
            within("both", async { tokio::join!(sub.shutdown(), sub.shutdown()) }).await;
        first.unwrap();
        second.unwrap();
        within("a third", sub.shutdown()).await.unwrap();
        within("the shutdown", root.shutdown()).await.unwrap();
        within("a fourth", sub.shutdown()).await.unwrap();
        assert_eq!(stage.log(), "+a a? a! -a", "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_a_supervisor_that_was_never_started_ends_it_at_once() {
    let stage = Stage::new();
    let spec = stage.actor("a");
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    let waiting = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.wait().await }
    });
    quiet().await;
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert!(report.is_clean());
    within("the end", waiting).await.unwrap().unwrap();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(_, ExitReason::Shutdown)), "{error}");
    let error = child.try_send(Order::Return).unwrap_err();
    assert_eq!(error, supervisor::messages::TrySendError::Gone(Order::Return));
}

#[tokio::test(start_paused = true)]
async fn commands_to_a_stopping_supervisor_are_refused_at_once() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(stage.stops_after("slow", SECOND))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    supervisor.request_shutdown();
    quiet().await;
    let began = Instant::now();
    let refused = [
        supervisor.add_child(stage.actor("b")).await.map(|_| ()),
        supervisor.terminate_child("a").await,
        supervisor.restart_child("a").await,
        supervisor.delete_child("a").await,
    ];
    for (number, result) in refused.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert!(matches!(error, SupervisorError::ShuttingDown(_)), "{number}: {error}");
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    let children = within("the list", supervisor.which_children()).await.unwrap();
    assert_eq!(children.len(), 2, "queries are answered: {children:?}");
    within("the end", supervisor.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_between_two_lives_of_a_group_leaves_nothing() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let handle = a.handle();
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(a)
        .with_child(stage.stops_after("slow", 2 * SECOND))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the start", started("slow")).await;
    quiet().await;
    handle.send(Order::Fail).await.unwrap();
    tokio::time::sleep(SECOND).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "+a +slow -a slow? slow! -slow");
}
