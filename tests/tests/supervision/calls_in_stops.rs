//! Tests calls between children while a stop goes on: messages and requests to a sibling that has
//! been stopped already, kills of a life that is being stopped or started, and calls of a child for
//! which its supervisor waits.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use supervisor::messages::AskError;
use supervisor::prelude::*;
use supervisor::specs::Ready;
use supervisor::{Reply, Shutdown, StartMode, SupervisionStrategy, info::ChildState};
use supervisor_tests::{Stage, event, quiet, restarted, within};
use tokio::time::{Instant, sleep};

type Request = Reply<u32>;
type Spec<M = ()> = ChildSpec<Ready<ChildRef<M>>>;

const HOUR: Duration = Duration::from_secs(3600);

/// Answers requests. If `first_life_fails`, the first life takes one request, and fails a second
/// later without an answer.
#[derive(Child)]
#[child(message = Reply<u32>)]
struct Answerer {
    first_life_fails: bool,
}

impl Worker for Answerer {
    async fn run(&self, mut ctx: Context<Request>) -> ChildResult {
        let mut failing = self.first_life_fails && ctx.incarnation() == 1;
        while let Some(reply) = ctx.recv().await {
            if std::mem::take(&mut failing) {
                sleep(Duration::from_secs(1)).await;
                return Err("it fails".into());
            }
            let _ = reply.send(42);
        }
        Ok(())
    }
}

fn answerer(name: &str) -> Spec<Request> {
    ChildSpec::new(name).with_worker(Answerer { first_life_fails: false })
}

/// Never receives a message.
#[derive(Child)]
#[child(message = u32, mailbox = 1)]
struct Deaf;

impl Worker for Deaf {
    async fn run(&self, ctx: Context<u32>) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

async fn fails_soon(_: Context) -> ChildResult {
    sleep(Duration::from_millis(1)).await;
    Err("it fails".into())
}

/// Makes a child that has an hour for its clean-up, in which it calls `cleanup` once it is asked to
/// stop, in its first life.
fn cleans_up<F, Fut>(stage: &Stage, name: &str, cleanup: F) -> Spec
where
    F: Fn(Stage) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let noted = stage.clone();
    let task = move |ctx: Context| {
        let (cleanup, noted) = (cleanup.clone(), noted.clone());
        async move {
            ctx.shutdown_requested().await;
            if ctx.incarnation() == 1 {
                cleanup(noted).await;
            }
            Ok(())
        }
    };
    ChildSpec::new(name).with_shutdown(Shutdown::Timeout(HOUR)).with_task(task)
}

/// Notes the outcome of a request.
async fn note_ask(stage: Stage, to: ChildRef<Request>) {
    let outcome = match to.ask_within(HOUR, |reply| reply).await {
        Ok(answer) => answer.to_string(),
        Err(error) => error.to_string(),
    };
    stage.note(outcome);
}

/// Starts the supervisor, shuts it down, and returns how long the shutdown took.
async fn time_to_shut_down(root: &Supervisor) -> Duration {
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    within("the shutdown", root.shutdown()).await.unwrap();
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_sibling_that_the_shutdown_has_stopped_fails_at_once() {
    let stage = Stage::new();
    let later = answerer("later");
    let asks = later.handle();
    let first = cleans_up(&stage, "first", move |stage| {
        let later = asks.clone();
        async move {
            assert_eq!(later.status(), ChildState::Stopped);
            note_ask(stage, later).await;
        }
    });
    let root = Supervisor::new().with_child(first).with_child(later).build();
    assert_eq!(time_to_shut_down(&root).await, Duration::ZERO);
    assert_eq!(stage.log(), "the child is not running");
}

#[tokio::test(start_paused = true)]
async fn a_request_into_a_nested_tree_that_the_shutdown_has_stopped_fails_at_once() {
    let stage = Stage::new();
    let later = answerer("later");
    let asks = later.handle();
    let first = cleans_up(&stage, "first", move |stage| note_ask(stage, asks.clone()));
    let sub = Supervisor::new().with_child(later).build();
    let outer = Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    let root = Supervisor::new()
        .with_child(first)
        .with_child(ChildSpec::new("outer").with_supervisor(outer))
        .build();
    assert_eq!(time_to_shut_down(&root).await, Duration::ZERO);
    assert_eq!(stage.log(), "the child is not running");
}

#[tokio::test(start_paused = true)]
async fn a_message_to_the_full_mailbox_of_a_stopped_sibling_does_not_hang_the_shutdown() {
    let stage = Stage::new();
    let later = ChildSpec::new("later").with_worker(Deaf);
    let address = later.handle();
    let first = cleans_up(&stage, "first", move |stage| {
        let later = address.clone();
        async move {
            let sent = [later.send(1).await, later.send(2).await];
            stage.note(format!("{sent:?}"));
        }
    })
    .with_shutdown(Shutdown::Infinity);
    let root = Supervisor::new().with_child(first).with_child(later).build();
    time_to_shut_down(&root).await;
    assert_eq!(stage.log(), "[Err(NotRunning(..)), Err(NotRunning(..))]");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_closes_its_children_as_they_end() {
    let stage = Stage::new();
    let later = answerer("later");
    let asks = later.handle();
    let first = cleans_up(&stage, "first", move |stage| note_ask(stage, asks.clone()));
    let fails = ChildSpec::new("fails").with_task(fails_soon);
    let root = Supervisor::new()
        .with_max_restarts(0)
        .with_child(first)
        .with_child(later)
        .with_child(fails)
        .build();
    within("the start", root.start()).await.unwrap();
    let began = Instant::now();
    within("the end", root.wait()).await.unwrap_err();
    assert_eq!(stage.log(), "the child is not running");
    assert_eq!(began.elapsed(), Duration::from_millis(1));
}

/// A group whose `store` fails one second after a request, while `web`, in its clean-up or before
/// it, calls `store`.
async fn group_restart(strategy: SupervisionStrategy, asks_before: bool) -> (String, Duration) {
    let stage = Stage::new();
    let store = ChildSpec::new("store").with_worker(Answerer { first_life_fails: true });
    let (address, asks) = (store.handle(), store.handle());
    let web = if asks_before {
        let noted = stage.clone();
        ChildSpec::new("web").with_shutdown(Shutdown::Timeout(HOUR)).with_task(
            move |ctx: Context| {
                let (noted, asks) = (noted.clone(), asks.clone());
                async move {
                    let requested = ctx.shutdown_requested();
                    if ctx.incarnation() == 1 {
                        sleep(Duration::from_millis(500)).await;
                        note_ask(noted, asks).await;
                    }
                    requested.await;
                    Ok(())
                }
            },
        )
    } else {
        cleans_up(&stage, "web", move |stage| note_ask(stage, asks.clone()))
    };
    let root = Supervisor::new().with_strategy(strategy).with_child(store).with_child(web).build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let asked = address.ask(|reply| reply).await;
    assert!(matches!(asked, Err(AskError::NoReply)));
    event(&mut events, "the group's restart", restarted("web")).await;
    (stage.log(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_request_in_a_group_restart_to_a_sibling_that_waits_for_the_caller_fails_at_once() {
    for strategy in [SupervisionStrategy::OneForAll, SupervisionStrategy::RestForOne] {
        let (noted, took) = group_restart(strategy, false).await;
        assert_eq!(noted, "the child is not running", "{strategy:?}");
        assert_eq!(took, Duration::from_secs(1), "{strategy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_when_the_group_is_stopped_does_not_hold_up_the_restart() {
    for strategy in [SupervisionStrategy::OneForAll, SupervisionStrategy::RestForOne] {
        let (noted, took) = group_restart(strategy, true).await;
        assert_eq!(noted, "the child dropped the request without an answer", "{strategy:?}");
        assert_eq!(took, Duration::from_secs(1), "{strategy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_from_outside_wait_while_the_group_restarts() {
    let store = answerer("store");
    let address = store.handle();
    let stage = Stage::new();
    let slow = cleans_up(&stage, "slow", |_| sleep(Duration::from_secs(10)));
    let slow_address = slow.handle();
    let root = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(slow)
        .with_child(store)
        .build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let failing = ChildSpec::new("failing").with_task(fails_soon);
    drop(within("the child", root.add_child(failing)).await);
    sleep(Duration::from_millis(2)).await;
    assert_eq!(
        (address.status(), slow_address.status()),
        (ChildState::Restarting, ChildState::Stopping)
    );
    let began = Instant::now();
    let answer = within("the answer", address.ask_within(HOUR, |reply| reply)).await;
    assert_eq!(answer.unwrap(), 42);
    assert!(began.elapsed() > Duration::from_secs(9));
}

/// Makes a child whose first life hangs once it is asked to stop.
fn hangs_in_its_stop() -> Spec {
    ChildSpec::new("job").with_shutdown(Shutdown::Timeout(HOUR)).with_task(
        |ctx: Context| async move {
            ctx.shutdown_requested().await;
            if ctx.incarnation() == 1 {
                std::future::pending::<()>().await;
            }
            Ok(())
        },
    )
}

#[tokio::test(start_paused = true)]
async fn a_kill_cuts_the_stop_of_a_restart_short_and_leaves_the_next_life_alone() {
    let spec = hangs_in_its_stop();
    let job = spec.handle();
    let root = Supervisor::new().with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let restart = tokio::spawn({
        let job = job.clone();
        async move { job.restart().await }
    });
    sleep(Duration::from_millis(100)).await;
    within("the kill", job.kill()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    within("the restart", restart).await.unwrap().unwrap();
    assert_eq!((job.incarnation(), job.status()), (2, ChildState::Running));
    let info = within("the statistics", root.stats()).await.unwrap();
    assert_eq!(info.restarts, 0, "no restart is counted");
}

#[tokio::test(start_paused = true)]
async fn a_kill_cuts_a_shutdown_short() {
    let spec = hangs_in_its_stop();
    let job = spec.handle();
    let root = Supervisor::new().with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let shutdown = tokio::spawn({
        let root = root.clone();
        async move { root.shutdown().await }
    });
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    within("the kill", job.kill()).await.unwrap();
    within("the shutdown", shutdown).await.unwrap().unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// Makes a child that is ready in its first life, and hangs in the start of later ones.
fn hangs_in_its_restart() -> Spec {
    ChildSpec::new("job").with_start(StartMode::Notify).with_start_timeout(HOUR).with_task(
        |mut ctx: Context| async move {
            if ctx.incarnation() > 1 {
                std::future::pending::<()>().await;
            }
            ctx.ready();
            sleep(Duration::from_millis(1)).await;
            Err::<(), _>("it fails".into())
        },
    )
}

#[tokio::test(start_paused = true)]
async fn a_kill_of_a_child_that_hangs_in_its_start_lets_a_termination_that_waits_act() {
    let spec = hangs_in_its_restart();
    let job = spec.handle();
    let root = Supervisor::new().with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    sleep(Duration::from_millis(2)).await;
    assert_eq!(job.status(), ChildState::Starting);
    let began = Instant::now();
    // As in OTP, a termination waits for the end of the start.
    let terminate = tokio::spawn({
        let job = job.clone();
        async move { job.terminate().await }
    });
    quiet().await;
    assert_eq!(job.status(), ChildState::Starting);
    within("the kill", job.kill()).await.unwrap();
    within("the termination", terminate).await.unwrap().unwrap();
    assert_eq!(job.status(), ChildState::Stopped);
    assert!(began.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_not_ready_is_told_at_once_that_its_supervisor_waits_for_it() {
    let (stage, handle) = (Stage::new(), Arc::<OnceLock<Supervisor>>::default());
    let (noted, own) = (stage.clone(), Arc::clone(&handle));
    let child =
        ChildSpec::new("child").with_start(StartMode::Notify).with_task(move |mut ctx: Context| {
            let (noted, own) = (noted.clone(), Arc::clone(&own));
            async move {
                let requested = ctx.shutdown_requested();
                let root = own.get().unwrap();
                let sibling = ChildSpec::new("sibling").with_task(|ctx: Context| async move {
                    ctx.shutdown_requested().await;
                    Ok(())
                });
                let added = root.add_child(sibling).await.map(drop);
                noted.note(added.unwrap_err().to_string());
                noted.note(root.terminate_child("other").await.unwrap_err().to_string());
                ctx.ready();
                requested.await;
                Ok(())
            }
        });
    let other = answerer("other");
    let root = Supervisor::new().with_child(other).with_child(child).build();
    handle.set(root.clone()).unwrap();
    let began = Instant::now();
    within("the start", root.start()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    let log = stage.log();
    assert_eq!(log.matches("cannot be waited for").count(), 2, "{log}");
}
