//! Tests what a snapshot tells for those who look at a tree: limits, failures, mailboxes, stops, and
//! who waits for whom.

use std::future::pending;
use std::time::Duration;

use supervisor::info::{ChildState, Snapshot, Wait};
use supervisor::messages::AskError;
use supervisor::prelude::*;
use supervisor::{ExitReason, HealthPart, MaxRestarts, StartMode};
use supervisor_tests::{quiet, within};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);

/// Returns the part of a snapshot at this path.
async fn part(supervisor: &Supervisor, path: &str) -> Snapshot {
    let mut part = within("the snapshot", supervisor.snapshot()).await.unwrap();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        part = part.children.into_iter().find(|child| child.name == name).expect("the child");
    }
    part
}

async fn waits(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn limits_and_what_is_left_of_them() {
    let inner = Supervisor::new()
        .with_max_restarts(2)
        .with_restart_window(10 * SECOND)
        .with_child(ChildSpec::new("worker").with_task(waits))
        .build();
    let spec = ChildSpec::new("inner").with_supervisor(inner).with_health(HealthPart::Degrades);
    let supervisor =
        Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    let worker = within("the worker", supervisor.lookup_any("inner/worker")).await.unwrap();

    within("the kill", worker.kill()).await.unwrap();
    quiet().await;
    let root = part(&supervisor, "").await;
    assert_eq!((root.max_restarts, root.restarts_left), (Some(MaxRestarts::Unlimited), None));
    assert_eq!((root.shutdown, root.health), (None, None));
    let inner = part(&supervisor, "inner").await;
    assert_eq!(inner.max_restarts, Some(MaxRestarts::AtMost(2)));
    assert_eq!((inner.restart_window, inner.restarts_left), (Some(10 * SECOND), Some(1)));
    assert_eq!((inner.child_restarts, inner.child_failures), (1, 1));
    assert_eq!(
        (inner.health, inner.shutdown),
        (Some(HealthPart::Degrades), Some(Shutdown::Infinity))
    );
    assert_eq!(inner.capacity, 0);
    let worker = part(&supervisor, "inner/worker").await;
    assert_eq!(
        (worker.max_restarts, worker.restart_window, worker.restarts_left),
        (None, None, None)
    );
    assert_eq!((worker.failures, worker.restarts, worker.failed_starts), (1, 1, 0));
    assert_eq!(worker.shutdown, Some(Shutdown::Timeout(5 * SECOND)));

    advance(11 * SECOND).await;
    assert_eq!(part(&supervisor, "inner").await.restarts_left, Some(2), "the window has passed");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_picture_of_a_nested_supervisor_is_the_part_of_its_parents() {
    let failing =
        ChildSpec::new("failing").with_task(async |ctx: Context| match ctx.incarnation() {
            1 => Err("down".into()),
            _ => waits(ctx).await,
        });
    let inner = Supervisor::new().with_max_restarts(0).with_child(failing).build();
    let spec = ChildSpec::new("inner").with_supervisor(inner.clone());
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let (own, shown) = (part(&inner, "").await, part(&supervisor, "inner").await);
    assert_eq!((own.incarnation, own.restarts, own.restart), (2, 1, Some(RestartPolicy::Always)));
    assert!(matches!(own.last_exit, Some(ExitReason::Escalated(_))), "{own}");
    assert_eq!(own.to_string(), shown.to_string());
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_root_is_shown_as_it_starts_and_stops() {
    let slow =
        ChildSpec::new("slow").with_start(StartMode::Notify).with_task(async |mut ctx: Context| {
            tokio::time::sleep(SECOND).await;
            ctx.ready();
            ctx.shutdown_requested().await;
            tokio::time::sleep(SECOND).await;
            Ok(())
        });
    let supervisor = Supervisor::new().with_child(slow).build();
    let started = supervisor.clone();
    let starts = tokio::spawn(async move { started.start().await });
    quiet().await;
    assert_eq!(part(&supervisor, "").await.state, ChildState::Starting);
    within("the start", starts).await.unwrap().unwrap();
    assert_eq!(part(&supervisor, "").await.state, ChildState::Running);
    supervisor.request_shutdown();
    quiet().await;
    assert_eq!(part(&supervisor, "").await.state, ChildState::Stopping);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn how_long_a_stop_has_taken() {
    let slow = ChildSpec::new("slow").with_shutdown(9 * SECOND).with_task(async |ctx: Context| {
        ctx.shutdown_requested().await;
        pending().await
    });
    let supervisor = Supervisor::new().with_child(slow).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(part(&supervisor, "slow").await.stopping, None);
    supervisor.request_shutdown();
    quiet().await;
    advance(4 * SECOND).await;
    let seconds = |part: Snapshot| part.stopping.map(|time| time.as_secs());
    assert_eq!(seconds(part(&supervisor, "slow").await), Some(4));
    assert_eq!(seconds(part(&supervisor, "").await), Some(4));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

/// Asks the child that it was given, and then waits for its stop.
#[derive(Child)]
struct Asker {
    whom: ChildRef<Reply<()>>,
    within: Duration,
}

impl Worker for Asker {
    async fn run(&self, ctx: Context) -> ChildResult {
        let asked = self.whom.ask_within(self.within, |reply| reply).await;
        assert!(matches!(asked, Err(AskError::Timeout | AskError::NoReply)));
        ctx.shutdown_requested().await;
        Ok(())
    }
}

/// Takes no request.
#[derive(Child)]
#[child(message = Reply<()>)]
struct Deaf;

impl Worker for Deaf {
    async fn run(&self, ctx: Context<Reply<()>>) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

/// Returns the waits with their lengths in seconds.
fn shown(waits: &[Wait]) -> Vec<(String, bool, u64)> {
    waits.iter().map(|wait| (wait.on.to_string(), wait.for_answer, wait.lasted.as_secs())).collect()
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_whom() {
    let deaf = ChildSpec::new("deaf").with_worker(Deaf).with_mailbox(1);
    let whom = deaf.handle().clone();
    let asker = |name, limit| {
        ChildSpec::new(name).with_worker(Asker { whom: whom.clone(), within: SECOND * limit })
    };
    let askers =
        Supervisor::new().with_child(asker("first", 60)).with_child(asker("second", 30)).build();
    let supervisor = Supervisor::new()
        .with_child(deaf)
        .with_child(ChildSpec::new("askers").with_supervisor(askers))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    advance(2 * SECOND).await;
    let first = part(&supervisor, "askers/first").await;
    assert_eq!(shown(&first.waits), [("deaf".to_owned(), true, 2)]);
    let second = part(&supervisor, "askers/second").await;
    assert_eq!(shown(&second.waits), [("deaf".to_owned(), false, 2)], "for room");
    let deaf = part(&supervisor, "deaf").await;
    assert_eq!((deaf.queued, deaf.capacity, deaf.waits.len()), (1, 1, 0));

    // A wait ends with its future, and with its life.
    advance(30 * SECOND).await;
    quiet().await;
    assert!(part(&supervisor, "askers/second").await.waits.is_empty(), "its time is up");
    let first = within("the first", supervisor.lookup_any("askers/first")).await.unwrap();
    within("the kill", first.kill()).await.unwrap();
    quiet().await;
    let first = part(&supervisor, "askers/first").await;
    assert_eq!(first.incarnation, 2);
    assert_eq!(shown(&first.waits), [("deaf".to_owned(), false, 0)]);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn events_have_their_time() {
    let supervisor =
        Supervisor::new().with_child(ChildSpec::new("worker").with_task(waits)).build();
    let mut events = supervisor.events();
    let began = tokio::time::Instant::now().into_std();
    within("the start", supervisor.start()).await.unwrap();
    advance(3 * SECOND).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let mut times = Vec::new();
    while let Some(event) = within("an event", events.next()).await {
        times.push(event.at().saturating_duration_since(began));
    }
    assert_eq!(times.first(), Some(&Duration::ZERO));
    assert_eq!(times.last(), Some(&(3 * SECOND)));
}
