//! Tests children that block their threads and cannot be stopped: they are reported, never run
//! twice, and commands that need their next lives fail. The clocks are real, since a thread has no
//! other.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    ExitReason,
    events::{EventKind, Events},
    info::ChildState,
    specs::Ready,
};
use supervisor_tests::{Gauge, Stage, about, event, printed, terminated, within};
use tokio::sync::mpsc;

const GRACE: Duration = Duration::from_millis(30);

/// A child whose lives block their threads until the test releases them.
struct Blocking {
    spec: Option<ChildSpec<Ready<ChildRef>>>,
    gauge: Gauge,
    /// Releases the life that blocks its thread, by a message or when it is dropped.
    go: Sender<()>,
    /// Receives a message when a life blocks its thread.
    blocked: mpsc::UnboundedReceiver<()>,
}

impl Blocking {
    fn new(name: &str) -> Self {
        let gauge = Gauge::new();
        let lives = gauge.clone();
        let (go, wait): (Sender<()>, Receiver<()>) = channel();
        let wait = Arc::new(Mutex::new(wait));
        let (blocks, blocked) = mpsc::unbounded_channel();
        let spec = ChildSpec::new(name).with_shutdown(Shutdown::BrutalKill).with_task(
            move |_: Context| {
                let (lives, wait, blocks) = (lives.clone(), Arc::clone(&wait), blocks.clone());
                async move {
                    let _life = lives.enter();
                    blocks.send(()).unwrap();
                    let _ = wait.lock().unwrap().recv();
                    tokio::task::yield_now().await;
                    Err("it should have been dropped by now".into())
                }
            },
        );
        Self { spec: Some(spec), gauge, go, blocked }
    }

    fn spec(&mut self) -> ChildSpec<Ready<ChildRef>> {
        self.spec.take().unwrap()
    }

    async fn blocks(&mut self) {
        within("the child to block", self.blocked.recv()).await.unwrap();
    }
}

fn supervisor() -> supervisor::SupervisorBuilder {
    Supervisor::new().with_kill_grace(GRACE)
}

async fn not_stopped(events: &mut Events, path: &str) -> Duration {
    let is_report = about(path, |kind| matches!(kind, EventKind::ChildNotStopped { .. }));
    let report = event(events, "the report", is_report).await;
    let EventKind::ChildNotStopped { after, .. } = report.kind() else { unreachable!() };
    *after
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blocked_child_is_in_the_report_of_the_shutdown() {
    let mut blocking = Blocking::new("blocking");
    let stage = Stage::new();
    let supervisor = supervisor().with_child(stage.actor("a")).with_child(blocking.spec()).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    let left: Vec<_> = report.not_stopped().map(|(path, _)| path.to_string()).collect();
    assert_eq!((left.as_slice(), report.is_clean()), (["blocking".to_owned()].as_slice(), false));
    assert!(report.to_string().contains("`blocking` still runs after"), "{report}");
    assert_eq!((stage.alive().as_str(), blocking.gauge.alive()), ("", 1));
    assert!(not_stopped(&mut events, "blocking").await >= GRACE);
    within("the end", supervisor.wait()).await.unwrap();
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blocked_child_is_in_the_report_of_a_nested_shutdown() {
    let mut blocking = Blocking::new("blocking");
    let sub = supervisor().with_child(blocking.spec()).build();
    let root = supervisor().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    within("the start", root.start()).await.unwrap();
    blocking.blocks().await;
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    let left: Vec<_> = report.not_stopped().map(|(path, _)| path.to_string()).collect();
    assert_eq!(left, ["sub/blocking"]);
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_termination_fails_and_the_child_is_shown_as_unstoppable() {
    let mut blocking = Blocking::new("blocking");
    let spec = blocking.spec();
    let child = spec.handle();
    let supervisor = supervisor().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    let error = within("the stop", supervisor.terminate_child("blocking")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::StillRunning(_)), "{error}");
    assert_eq!(child.status(), ChildState::Unstoppable);
    let children = within("the list", supervisor.which_children()).await.unwrap();
    assert_eq!(children[0].state, ChildState::Unstoppable);
    assert_eq!(supervisor.stats().await.unwrap().unstoppable, 1);
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blocked_child_is_never_run_twice() {
    let mut blocking = Blocking::new("blocking");
    let spec = blocking.spec();
    let child = spec.handle();
    let supervisor = supervisor().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    within("the stop", child.terminate()).await.unwrap_err();
    let refused = [
        within("the restart", supervisor.restart_child("blocking")).await,
        within("the restart", child.restart()).await,
        within("the deletion", supervisor.delete_child("blocking")).await,
        within("the stop", child.terminate()).await,
    ];
    for (number, result) in refused.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert!(matches!(error, SupervisorError::StillRunning(_)), "{number}: {error}");
    }
    assert_eq!((blocking.gauge.begun(), blocking.gauge.most()), (1, 1));
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blocked_child_that_has_stopped_after_all_can_be_started() {
    let mut blocking = Blocking::new("blocking");
    let supervisor = supervisor().with_child(blocking.spec()).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    within("the stop", supervisor.terminate_child("blocking")).await.unwrap_err();
    blocking.go.send(()).unwrap();
    let late = about("blocking", |kind| matches!(kind, EventKind::ChildStoppedLate));
    event(&mut events, "its end after all", late).await;
    within("the restart", supervisor.restart_child("blocking")).await.unwrap();
    blocking.blocks().await;
    assert_eq!((blocking.gauge.begun(), blocking.gauge.most()), (2, 1));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_group_restart_that_needs_its_next_life_ends_the_supervisor() {
    let mut blocking = Blocking::new("blocking");
    let stage = Stage::new();
    let failing = stage.actor("failing");
    let handle = failing.handle();
    let supervisor = supervisor()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(failing)
        .with_child(blocking.spec())
        .build();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    handle.send(supervisor_tests::Order::Fail).await.unwrap();
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    let Some(ExitReason::Escalated(escalation)) = error.reason() else { panic!("{error}") };
    assert_eq!(escalation.path(), &"blocking");
    assert!(matches!(escalation.reason(), ExitReason::StillRunning), "{error}");
    assert_eq!((blocking.gauge.begun(), stage.alive().as_str()), (1, ""));
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_failure_escalates_to_the_root_without_useless_restarts() {
    let mut blocking = Blocking::new("blocking");
    let stage = Stage::new();
    let failing = stage.actor("failing");
    let handle = failing.handle();
    let sub = supervisor()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(failing)
        .with_child(blocking.spec())
        .build();
    let root = supervisor()
        .with_max_restarts(100)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    blocking.blocks().await;
    handle.send(supervisor_tests::Order::Fail).await.unwrap();
    let error = within("the end", root.wait()).await.unwrap_err();
    assert!(error.to_string().contains("sub/blocking"), "{error}");
    assert_eq!((blocking.gauge.begun(), root.stats().await.unwrap().restarts), (1, 0));
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_life_of_the_supervisor_does_not_run_the_child_beside_its_old_life() {
    // The nested supervisor is stopped on request, which leaves the blocked life behind; its next
    // life finds the slot still occupied.
    let mut blocking = Blocking::new("blocking");
    let spec = blocking.spec();
    let child = spec.handle();
    let sub = supervisor().with_child(spec).build();
    let spec = ChildSpec::new("sub").with_supervisor(sub);
    let root = supervisor().with_child(spec).build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    blocking.blocks().await;
    within("the stop", root.terminate_child("sub")).await.unwrap();
    event(&mut events, "its end", terminated("sub")).await;
    // The restart may succeed before this child fails, since a task counts as started at once.
    let _ = within("the restart", root.restart_child("sub")).await;
    let error = within("the end", root.wait()).await.unwrap_err();
    assert!(error.to_string().contains("could not be stopped"), "{error}");
    assert_eq!((blocking.gauge.begun(), blocking.gauge.most()), (1, 1));
    assert_eq!((child.status(), child.incarnation()), (ChildState::Unstoppable, 1));
    let lines = printed(&mut events);
    let lines: Vec<_> = lines.iter().filter(|line| line.starts_with("sub/blocking")).collect();
    assert_eq!(lines, ["sub/blocking: did not start: its previous life could not be stopped"]);
    drop(blocking.go);
    within("its end after all", async {
        while child.status() != ChildState::Stopped {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_default_kill_grace_is_one_second() {
    let mut blocking = Blocking::new("blocking");
    let supervisor = Supervisor::new().with_child(blocking.spec()).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let after = not_stopped(&mut events, "blocking").await;
    assert!(after >= Duration::from_secs(1) && after < Duration::from_secs(10), "{after:?}");
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_blocked_pool_worker_does_not_hold_up_the_others() {
    let mut blocking = Blocking::new("worker");
    let pool = supervisor().with_template(blocking.spec()).build();
    within("a worker", pool.add_worker()).await.unwrap();
    blocking.blocks().await;
    let (looks, mut looked) = mpsc::unbounded_channel();
    let other = ChildSpec::new("other").with_task(move |ctx: Context| {
        let looks = looks.clone();
        async move {
            let requested = ctx.shutdown_requested();
            looks.send(()).unwrap();
            requested.await;
            Ok(())
        }
    });
    let root = supervisor()
        .with_child(other)
        .with_child(ChildSpec::new("pool").with_supervisor(pool))
        .build();
    within("the start", root.start()).await.unwrap();
    within("the other", looked.recv()).await.unwrap();
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    let left: Vec<_> = report.not_stopped().map(|(path, _)| path.to_string()).collect();
    assert_eq!(left, ["pool/#1"]);
    drop(blocking.go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hung_child_that_blocks_its_thread_ends_the_supervisor() {
    let mut blocking = Blocking::new("blocking");
    let spec = blocking.spec().with_heartbeat(Duration::from_millis(20));
    let stage = Stage::new();
    let supervisor = supervisor().with_child(stage.actor("a")).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    blocking.blocks().await;
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    let Some(ExitReason::Escalated(escalation)) = error.reason() else { panic!("{error}") };
    assert!(matches!(escalation.reason(), ExitReason::StillRunning), "{error}");
    assert_eq!((blocking.gauge.begun(), stage.alive().as_str()), (1, ""));
    drop(blocking.go);
}

/// A life that cannot be stopped is what a new process is needed for, whatever its part; a failure is
/// not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tree_with_a_life_that_cannot_be_stopped_is_not_live() {
    use supervisor::{HealthPart, health::HealthProblem};

    let mut blocking = Blocking::new("blocking");
    let spec = blocking.spec().with_health(HealthPart::Ignored);
    let child = spec.handle();
    let stage = Stage::new();
    let sub = Supervisor::new()
        .with_kill_grace(GRACE)
        .with_child(spec)
        .with_child(stage.actor("other"))
        .build();
    let sub = ChildSpec::new("sub").with_supervisor(sub);
    let root = Supervisor::new().with_child(sub).build();
    within("the start", root.start()).await.unwrap();
    blocking.blocks().await;
    let mut changes = root.health_changes();
    let ready = within("the health", changes.next()).await.unwrap();
    assert!(ready.live && ready.ready);
    within("the refusal", child.terminate()).await.unwrap_err();
    let health = within("the change", changes.next()).await.unwrap();
    assert!(!health.live && health.ready, "{health}");
    assert_eq!(health.reasons[0].path, "sub/blocking");
    assert_eq!(health.reasons[0].problem, HealthProblem::Unstoppable);
    assert!(health.reasons[0].lasted.is_some_and(|lasted| lasted >= GRACE), "{health}");

    // It is still so when its supervisors have ended, and over when the life is.
    within("the shutdown", root.shutdown()).await.unwrap();
    let health = within("the health", root.health()).await;
    assert!(!health.live && !health.ready, "{health}");
    drop(blocking.go);
    within("the end of the life", async {
        while !root.health().await.live {
            tokio::time::sleep(GRACE).await;
        }
    })
    .await;
}
