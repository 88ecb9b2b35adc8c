//! Tests health: what is live and ready, the reasons, a child's own word, and the changes.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, HealthPart, MaxRestarts, StartMode,
    health::{Health, HealthChanges, HealthProblem},
    info::ChildState,
};
use supervisor_tests::{Order, Stage, quiet, within};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

async fn health(supervisor: &Supervisor) -> Health {
    within("the health", supervisor.health()).await
}

async fn next(changes: &mut HealthChanges) -> Health {
    within("a change", changes.next()).await.expect("the tree goes on")
}

/// Returns the reasons as `path: part problem`.
fn reasons(health: &Health) -> Vec<String> {
    let said = health.reasons.iter();
    said.map(|reason| format!("{}: {} {}", reason.path, reason.part, reason.problem)).collect()
}

fn figures(health: &Health) -> (bool, bool, bool) {
    (health.live, health.ready, health.degraded)
}

/// Starts the supervisor in a task of its own.
fn starting(supervisor: &Supervisor) -> JoinHandle<Result<(), SupervisorError>> {
    let supervisor = supervisor.clone();
    tokio::spawn(async move { supervisor.start().await })
}

const READY: (bool, bool, bool) = (true, true, false);
const DEGRADED: (bool, bool, bool) = (true, true, true);
const NOT_READY: (bool, bool, bool) = (true, false, false);

#[tokio::test(start_paused = true)]
async fn a_tree_is_ready_from_its_start_to_its_stop() {
    let stage = Stage::new();
    let slow = stage.task("slow", async |mut ctx: Context| {
        sleep(SECOND).await;
        ctx.ready();
        ctx.shutdown_requested().await;
        sleep(SECOND).await;
        Ok(())
    });
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(slow.with_start(StartMode::Notify))
        .with_child(stage.actor("later"))
        .build();
    let mut changes = supervisor.health_changes();
    let built = next(&mut changes).await;
    assert_eq!(figures(&built), NOT_READY);
    assert_eq!(reasons(&built), ["/: required has not been started"]);

    let (starting, began) = (starting(&supervisor), Instant::now());
    quiet().await;
    sleep(SECOND / 2).await;
    let starts = next(&mut changes).await;
    assert_eq!(reasons(&starts), ["/: required is starting", "slow: required is starting"]);
    let now = health(&supervisor).await;
    assert_eq!(now.reasons[1].lasted, Some(began.elapsed()));
    within("the start", starting).await.unwrap().unwrap();
    let ready = next(&mut changes).await;
    assert_eq!((figures(&ready), ready.to_string().as_str()), (READY, "ready"));

    let stopping = tokio::spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.shutdown().await }
    });
    let stops = next(&mut changes).await;
    assert_eq!(
        (figures(&stops), reasons(&stops)),
        (NOT_READY, vec!["/: required is stopping".into()])
    );
    within("the stop", stopping).await.unwrap().unwrap();
    let ended = next(&mut changes).await;
    assert_eq!((ended.live, reasons(&ended)), (true, vec!["/: required has ended".into()]));
    assert!(within("the end", changes.next()).await.is_none());
}

/// One child of each part, in a tree that allows any number of restarts.
struct Parts {
    supervisor: Supervisor,
    required: ChildRef<Order>,
    degrades: ChildRef<Order>,
    ignored: ChildRef<Order>,
}

impl Parts {
    async fn start() -> Self {
        let stage = Stage::new();
        let child = |name| stage.actor(name).with_backoff(Backoff::constant(10 * SECOND));
        let specs = (
            child("required"),
            child("degrades").with_health(HealthPart::Degrades),
            child("ignored").with_health(HealthPart::Ignored),
        );
        let (required, degrades, ignored) = (specs.0.handle(), specs.1.handle(), specs.2.handle());
        let supervisor = Supervisor::new()
            .with_max_restarts(MaxRestarts::Unlimited)
            .with_child(specs.0)
            .with_child(specs.1)
            .with_child(specs.2)
            .build();
        within("the start", supervisor.start()).await.unwrap();
        Self { supervisor, required, degrades, ignored }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_as_far_as_the_part_of_its_child() {
    let tree = Parts::start().await;
    let mut changes = tree.supervisor.health_changes();
    assert_eq!(figures(&next(&mut changes).await), READY);
    for (child, while_down) in [(&tree.required, NOT_READY), (&tree.degrades, DEGRADED)] {
        child.send(Order::Fail).await.unwrap();
        let down = next(&mut changes).await;
        assert_eq!(figures(&down), while_down);
        assert_eq!(down.reasons[0].path, child.path());
        assert_eq!(down.reasons[0].problem, HealthProblem::Restarting);
        sleep(3 * SECOND).await;
        let now = health(&tree.supervisor).await;
        assert!(now.reasons[0].lasted.unwrap().abs_diff(3 * SECOND) < SECOND / 100, "{now}");
        assert_eq!(now.reasons[0].failures, 1);
        assert!(now.to_string().contains("last exit: error: told to fail"), "{now}");
        assert_eq!(figures(&next(&mut changes).await), READY);
    }
    tree.ignored.send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(tree.ignored.status(), ChildState::Restarting);
    assert_eq!(figures(&health(&tree.supervisor).await), READY);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_somebody_has_stopped_is_missing() {
    let tree = Parts::start().await;
    tree.required.terminate().await.unwrap();
    sleep(SECOND).await;
    let down = health(&tree.supervisor).await;
    assert_eq!(reasons(&down), ["required: required was stopped"]);
    assert_eq!(down.reasons[0].lasted, Some(SECOND));
    tree.required.restart().await.unwrap();
    assert_eq!(figures(&health(&tree.supervisor).await), READY);
}

#[tokio::test(start_paused = true)]
async fn finished_stopped_and_never_started_are_told_apart() {
    let stage = Stage::new();
    let transient = |name| stage.actor(name).with_restart_policy(RestartPolicy::Transient);
    let (finished, stopped, later) =
        (transient("finished"), transient("stopped"), stage.actor("later"));
    let handles = (finished.handle(), stopped.handle(), later.handle());
    let slow = stage.task("slow", async |_: Context| pending().await);
    let hangs = slow.handle();
    let supervisor = Supervisor::new()
        .with_child(finished)
        .with_child(stopped)
        .with_child(slow.with_start(StartMode::Notify))
        .with_child(later)
        .build();
    let _starting = starting(&supervisor);
    quiet().await;
    handles.0.send(Order::Return).await.unwrap();
    quiet().await;
    let snapshot = supervisor.snapshot().await.unwrap();
    let states: Vec<_> = snapshot.children.iter().map(|child| child.state).collect();
    let [finished, stopped, slow, later] = states[..] else { panic!("{snapshot}") };
    assert_eq!((finished, later), (ChildState::Finished, ChildState::NotStarted));
    assert_eq!((stopped, slow), (ChildState::Running, ChildState::Starting));
    assert_eq!(handles.2.status(), later);
    within("the kill", hangs.kill()).await.unwrap();
    quiet().await;
    assert_eq!(handles.0.status(), ChildState::Finished);
    assert_eq!(handles.1.status(), ChildState::Stopped);
    assert_eq!(handles.2.status(), ChildState::NotStarted);
}

#[tokio::test(start_paused = true)]
async fn work_that_is_done_is_missed_by_nobody() {
    let stage = Stage::new();
    let transient = stage.actor("job").with_restart_policy(RestartPolicy::Transient);
    let temporary = stage.actor("once").with_restart_policy(RestartPolicy::Temporary);
    let handles = (transient.handle(), temporary.handle());
    let supervisor = Supervisor::new().with_child(transient).with_child(temporary).build();
    within("the start", supervisor.start()).await.unwrap();
    handles.0.send(Order::Return).await.unwrap();
    handles.1.send(Order::Panic).await.unwrap();
    quiet().await;
    assert_eq!(
        (handles.0.status(), handles.1.status()),
        (ChildState::Finished, ChildState::Finished)
    );
    assert_eq!(figures(&health(&supervisor).await), READY);
}

#[tokio::test(start_paused = true)]
async fn a_child_says_itself_how_it_is_until_its_life_ends() {
    let (orders, received) = tokio::sync::mpsc::unbounded_channel::<fn(&Context) -> ChildResult>();
    let received = std::sync::Arc::new(tokio::sync::Mutex::new(received));
    let child = ChildSpec::new("child").with_task(move |ctx| {
        let received = std::sync::Arc::clone(&received);
        async move {
            loop {
                let order = received.lock().await.recv().await.expect("the test goes on");
                order(&ctx)?;
            }
        }
    });
    let supervisor = Supervisor::new().with_child(child).build();
    within("the start", supervisor.start()).await.unwrap();
    let mut changes = supervisor.health_changes();
    assert_eq!(figures(&next(&mut changes).await), READY);
    let tell = |order: fn(&Context) -> ChildResult| orders.send(order).unwrap();

    tell(|ctx| {
        ctx.degraded("lag 40 s");
        Ok(())
    });
    let slow = next(&mut changes).await;
    assert_eq!(
        (figures(&slow), reasons(&slow)),
        (DEGRADED, vec!["child: required is degraded: lag 40 s".into()])
    );
    sleep(SECOND).await;
    // The same word again is no news, and holds since it was first said.
    tell(|ctx| {
        ctx.degraded("lag 40 s");
        Ok(())
    });
    sleep(SECOND).await;
    assert_eq!(health(&supervisor).await.reasons[0].lasted, Some(2 * SECOND));

    tell(|ctx| {
        ctx.unready("no lease");
        Ok(())
    });
    let out = next(&mut changes).await;
    assert_eq!(
        (figures(&out), reasons(&out)),
        (NOT_READY, vec!["child: required is not ready: no lease".into()])
    );
    tell(|ctx| {
        ctx.healthy();
        Ok(())
    });
    assert_eq!(figures(&next(&mut changes).await), READY);
    tell(|ctx| {
        ctx.unready("no lease");
        Ok(())
    });
    assert_eq!(figures(&next(&mut changes).await), NOT_READY);
    tell(|_| Err("its life ends".into()));
    assert_eq!(figures(&next(&mut changes).await), READY);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_is_what_its_children_add_up_to_and_at_most_its_own_part() {
    for (part, while_down) in [
        (None, NOT_READY),
        (Some(HealthPart::Degrades), DEGRADED),
        (Some(HealthPart::Ignored), READY),
    ] {
        let stage = Stage::new();
        let child = stage.actor("child").with_backoff(Backoff::constant(SECOND));
        let handle = child.handle();
        let sub = Supervisor::new().with_child(child).build();
        let nested = sub.clone();
        let mut spec = ChildSpec::new("sub").with_supervisor(sub);
        if let Some(part) = part {
            spec = spec.with_health(part);
        }
        let supervisor = Supervisor::new().with_child(spec).build();
        within("the start", supervisor.start()).await.unwrap();
        handle.send(Order::Fail).await.unwrap();
        quiet().await;
        let down = health(&supervisor).await;
        assert_eq!(figures(&down), while_down, "{part:?}: {down}");
        assert!(down.reasons.iter().all(|reason| reason.path == handle.path()));
        // Of itself, the nested supervisor says what its child is.
        assert_eq!(figures(&health(&nested).await), NOT_READY);
        sleep(2 * SECOND).await;
        assert_eq!(figures(&health(&supervisor).await), READY);
    }
}

#[tokio::test(start_paused = true)]
async fn workers_of_a_pool_are_ignored_and_partitions_are_required() {
    let stage = Stage::new();
    let template = stage.actor("worker").with_backoff(Backoff::constant(SECOND));
    let workers = Supervisor::new().with_template(template).build();
    let template = stage.actor("part").with_backoff(Backoff::constant(SECOND));
    let parts = Supervisor::new().build_partitioned(template, 3);
    let supervisor = Supervisor::new()
        .with_child(ChildSpec::new("parts").with_supervisor(parts.supervisor().clone()))
        .with_child(ChildSpec::new("workers").with_supervisor(workers.clone()))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    assert_eq!(workers.child_spec("#1").await.map(|spec| spec.health).ok(), None);
    parts.of(&7).send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(figures(&health(&supervisor).await), NOT_READY);
}

#[tokio::test(start_paused = true)]
async fn a_watch_follows_its_supervisor_into_a_larger_tree() {
    let stage = Stage::new();
    let child = stage.actor("child").with_backoff(Backoff::constant(SECOND));
    let handle = child.handle();
    let sub = Supervisor::new().with_child(child).build();
    let root = Supervisor::new().build();
    within("the starts", async { tokio::try_join!(sub.start(), root.start()) }).await.unwrap();
    let (mut of_sub, mut of_root) = (sub.health_changes(), root.health_changes());
    assert!(next(&mut of_sub).await.ready && next(&mut of_root).await.ready);
    within("the adoption", root.add_child(ChildSpec::new("sub").with_supervisor(sub)))
        .await
        .unwrap();
    handle.send(Order::Fail).await.unwrap();
    for changes in [&mut of_sub, &mut of_root] {
        let down = next(changes).await;
        assert_eq!(reasons(&down), ["sub/child: required is to be restarted"]);
    }
    for changes in [&mut of_sub, &mut of_root] {
        assert!(next(changes).await.ready);
    }
}

#[tokio::test(start_paused = true)]
async fn no_change_is_lost_with_a_future_that_is_dropped() {
    let tree = Parts::start().await;
    let mut changes = tree.supervisor.health_changes();
    assert!(next(&mut changes).await.ready);
    tree.required.send(Order::Fail).await.unwrap();
    quiet().await;
    {
        let mut next = std::pin::pin!(changes.next());
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "the reading waits for the supervisor");
    }
    assert!(!next(&mut changes).await.ready);
}

/// An idle tree has no wake-ups: a paused clock advances only when nothing is left to do, and then
/// to the next timer.
#[tokio::test(start_paused = true)]
async fn nothing_polls() {
    let tree = Parts::start().await;
    let mut changes = tree.supervisor.health_changes();
    assert!(next(&mut changes).await.ready);
    let began = Instant::now();
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    tokio::time::timeout(3600 * SECOND, changes.next()).await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 3600);
    assert_eq!(metrics.num_alive_tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn failed_starts_are_counted() {
    let child = ChildSpec::new("child")
        .with_task(async |_: Context| Err("no".into()))
        .with_start(StartMode::Retry)
        .with_backoff(Backoff::constant(SECOND));
    let supervisor = Supervisor::new().with_child(child).build();
    within("the start", supervisor.start()).await.unwrap();
    sleep(10 * SECOND).await;
    let snapshot = supervisor.snapshot().await.unwrap();
    let child = &snapshot.children[0];
    assert!((10..=20).contains(&child.failed_starts), "{snapshot}");
    assert_eq!(child.restarts, 0);
    assert!(snapshot.to_string().contains("failed to start 1"), "{snapshot}");
    assert_eq!(supervisor.stats().await.unwrap().failures, child.failed_starts);
}
