//! Tests deferral: under `one_for_one` children do not wait for each other; a group does one thing
//! at a time, and handles deferred requests in between.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{MaxRestarts, StartMode, info::ChildState, specs::Ready};
use supervisor_tests::{Order, Stage, event, quiet, start_failed, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A child that takes a second to be ready and a second to stop.
fn slow(stage: &Stage, name: &'static str) -> ChildSpec<Ready<ChildRef>> {
    stage
        .task(name, async |mut ctx: Context| {
            sleep(SECOND).await;
            ctx.ready();
            ctx.shutdown_requested().await;
            sleep(SECOND).await;
            Ok(())
        })
        .with_start(StartMode::Notify)
}

#[tokio::test(start_paused = true)]
async fn under_one_for_one_children_are_added_side_by_side() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    within("the start", supervisor.start()).await.unwrap();
    let began = Instant::now();
    let (a, b, c) = within("all", async {
        tokio::join!(
            supervisor.add_child(slow(&stage, "a")),
            supervisor.add_child(slow(&stage, "b")),
            supervisor.add_child(stage.actor("c")),
        )
    })
    .await;
    a.unwrap();
    b.unwrap();
    c.unwrap();
    assert_eq!(began.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn under_a_group_strategy_children_are_added_one_after_the_other() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_strategy(SupervisionStrategy::RestForOne).build();
    within("the start", supervisor.start()).await.unwrap();
    let began = Instant::now();
    let (a, b) = within("both", async {
        tokio::join!(
            supervisor.add_child(slow(&stage, "a")),
            supervisor.add_child(slow(&stage, "b"))
        )
    })
    .await;
    a.unwrap();
    b.unwrap();
    assert_eq!(began.elapsed(), 2 * SECOND);
    assert_eq!(stage.log(), "+a +b");
}

#[tokio::test(start_paused = true)]
async fn commands_for_one_child_are_carried_out_in_turn() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(slow(&stage, "a")).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let (stop, start, again) = within("all", async {
        tokio::join!(
            supervisor.terminate_child("a"),
            supervisor.restart_child("a"),
            supervisor.terminate_child("a")
        )
    })
    .await;
    stop.unwrap();
    start.unwrap();
    again.unwrap();
    // One second for the stop, one for the start, one for the stop again.
    assert_eq!(began.elapsed(), 3 * SECOND);
    assert_eq!(stage.log(), "+a -a +a -a");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_while_another_stops_is_restarted_at_once_under_one_for_one() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let child = a.handle();
    let supervisor = Supervisor::new().with_child(a).with_child(slow(&stage, "slow")).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let stopping = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.terminate_child("slow").await }
    });
    quiet().await;
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a +slow -a +a");
    within("the stop", stopping).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_while_the_group_adds_one_takes_its_turn() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let child = a.handle();
    let supervisor =
        Supervisor::new().with_strategy(SupervisionStrategy::OneForAll).with_child(a).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let adding = tokio::spawn(supervisor.add_child(slow(&stage, "slow")));
    quiet().await;
    child.send(Order::Fail).await.unwrap();
    within("the child", adding).await.unwrap().unwrap();
    sleep(10 * SECOND).await;
    assert_eq!(stage.log(), "+a +slow -a -slow +a +slow");
    assert_eq!(stage.alive(), "a slow");
}

#[tokio::test(start_paused = true)]
async fn between_two_attempts_to_start_other_requests_are_served() {
    // A restart that fails for ever, without a delay, is only one message ahead of other requests.
    let stage = Stage::new();
    let spec = stage
        .task("a", async |mut ctx: Context| {
            if ctx.incarnation() == 1 {
                ctx.ready();
            }
            Err("no".into())
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(stage.actor("b"))
        .with_child(spec)
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "a failed start", start_failed("a")).await;
    drop(events);
    within("a query", supervisor.which_children()).await.unwrap();
    within("a stop", supervisor.terminate_child("a")).await.unwrap();
    quiet().await;
    let children = within("the list", supervisor.which_children()).await.unwrap();
    let a = children.iter().find(|child| child.name == "a").unwrap();
    assert_eq!(a.state, ChildState::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_child_is_forgotten_before_its_turn_is_answered() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |ctx: Context| {
            ctx.shutdown_requested().await;
            sleep(SECOND).await;
            Ok(())
        })
        .with_restart_policy(RestartPolicy::Temporary);
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let (stop, start, delete) = within("all", async {
        tokio::join!(
            supervisor.terminate_child("a"),
            supervisor.restart_child("a"),
            supervisor.delete_child("a")
        )
    })
    .await;
    stop.unwrap();
    for error in [start.unwrap_err(), delete.unwrap_err()] {
        assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_all_deferred_calls() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(stage.actor("b"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    let never =
        stage.task("never", async |_: Context| pending().await).with_start(StartMode::Notify);
    let adding = tokio::spawn(supervisor.add_child(never));
    quiet().await;
    let waiting: Vec<_> = ["terminate", "restart", "delete"]
        .map(|command| {
            let supervisor = supervisor.clone();
            tokio::spawn(async move {
                match command {
                    "terminate" => supervisor.terminate_child("b").await,
                    "restart" => supervisor.restart_child("b").await,
                    _ => supervisor.delete_child("b").await,
                }
            })
        })
        .into_iter()
        .collect();
    quiet().await;
    let began = Instant::now();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let mut answers = Vec::new();
    for call in waiting {
        answers.push(within("an answer", call).await.unwrap());
    }
    // The shutdown has ended the child, as the termination wanted.
    assert!(answers[0].is_ok());
    let refused = |answer: &Result<(), SupervisorError>| {
        matches!(answer, Err(SupervisorError::ShuttingDown(_)))
    };
    assert!(answers[1..].iter().all(refused), "{answers:?}");
    let error = within("the child", adding).await.unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::ShuttingDown(_)), "{error}");
    assert_eq!(began.elapsed(), Duration::ZERO);
}
