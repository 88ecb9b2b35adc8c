//! Tests tasks of a life that block their thread, or outlive its runtime.

use std::future::pending;
use std::sync::{Arc, Mutex, mpsc as threads};
use std::time::Duration;

use supervisor::events::EventKind;
use supervisor::info::ChildState;
use supervisor::prelude::*;
use supervisor_tests::{Gauge, about, event, restarted, within};
use tokio::sync::mpsc;

use super::life_tasks::spawner;

/// Blocks its thread when it is dropped, until the gate is opened.
struct BlocksInDrop(Mutex<threads::Receiver<()>>);

impl Drop for BlocksInDrop {
    fn drop(&mut self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

/// Starts a child on a runtime with threads, whose only task blocks in its destructor; returns the
/// opener of its gate.
async fn with_blocking_task(
    root: &Supervisor,
    policy: RestartPolicy,
) -> (ChildRef, threads::Sender<()>) {
    let (open, gate) = threads::channel();
    let gate = Arc::new(Mutex::new(Some(BlocksInDrop(Mutex::new(gate)))));
    let (ready, mut is_ready) = mpsc::unbounded_channel();
    let spec =
        ChildSpec::new("child").with_restart_policy(policy).with_task(move |ctx: Context| {
            let (blocks, ready) = (gate.lock().unwrap().take(), ready.clone());
            async move {
                ctx.spawn(async move {
                    let _blocks = blocks;
                    let _ = ready.send(());
                    pending::<()>().await;
                });
                ctx.shutdown_requested().await;
                Ok(())
            }
        });
    let child = root.add_child(spec).await.unwrap();
    within("the task", is_ready.recv()).await.unwrap();
    (child, open)
}

fn threaded() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap()
}

#[test]
fn a_life_waits_for_a_destructor_of_its_task_that_blocks() {
    threaded().block_on(async {
        let root = Supervisor::new().build();
        let mut events = root.events();
        let (child, open) = with_blocking_task(&root, RestartPolicy::Always).await;
        let kill = tokio::spawn(async move { child.kill().await });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!kill.is_finished(), "the task has not ended");
        assert_eq!(within("a query", root.count_children()).await.unwrap().active, 1);
        open.send(()).unwrap();
        within("the kill", kill).await.unwrap().unwrap();
        event(&mut events, "the next life", restarted("child")).await;
        within("the shutdown", root.shutdown()).await.unwrap();
    });
}

#[test]
fn a_task_that_cannot_be_stopped_makes_its_child_unstoppable() {
    threaded().block_on(async {
        let root = Supervisor::new().with_kill_grace(Duration::from_millis(50)).build();
        let mut events = root.events();
        let (child, open) = with_blocking_task(&root, RestartPolicy::Temporary).await;
        let error = within("the kill", child.kill()).await.unwrap_err();
        assert!(matches!(error, SupervisorError::StillRunning(_)), "{error}");
        assert_eq!(child.status(), ChildState::Unstoppable);
        open.send(()).unwrap();
        within("the late end", child.ended()).await;
        let late = about("child", |kind| matches!(kind, EventKind::ChildStoppedLate));
        event(&mut events, "the late end", late).await;
        within("the shutdown", root.shutdown()).await.unwrap();
    });
}

/// The life's own code ends by itself, and its task blocks: nobody has asked it to stop, and it is
/// found all the same.
#[test]
fn a_life_that_ended_by_itself_does_not_wait_for_ever_for_its_task() {
    threaded().block_on(async {
        let root = Supervisor::new().with_kill_grace(Duration::from_millis(50)).build();
        let mut events = root.events();
        let (open, gate) = threads::channel();
        let gate = Arc::new(Mutex::new(Some(BlocksInDrop(Mutex::new(gate)))));
        let spec = ChildSpec::new("child").with_restart_policy(RestartPolicy::Temporary);
        let spec = spec.with_task(move |ctx: Context| {
            let blocks = gate.lock().unwrap().take();
            async move {
                let running = Arc::new(tokio::sync::Notify::new());
                let runs = Arc::clone(&running);
                ctx.spawn(async move {
                    let _blocks = blocks;
                    runs.notify_one();
                    pending::<()>().await;
                });
                running.notified().await;
                Ok(())
            }
        });
        let child = root.add_child(spec).await.unwrap();
        let stuck = about("child", |kind| matches!(kind, EventKind::ChildNotStopped { .. }));
        event(&mut events, "the report", stuck).await;
        assert!(!root.health().await.live);
        open.send(()).unwrap();
        within("the late end", child.ended()).await;
        within("the shutdown", root.shutdown()).await.unwrap();
    });
}

#[test]
fn a_runtime_that_goes_away_takes_the_tasks_along() {
    for _ in 0..20 {
        let gauge = Gauge::new();
        let (spec, _ends) = spawner(&gauge, 100);
        let root = Supervisor::new().with_child(spec).build();
        let runtime = threaded();
        runtime.block_on(async {
            root.start().await.unwrap();
            while gauge.alive() < 100 {
                tokio::task::yield_now().await;
            }
        });
        drop(runtime);
        assert_eq!(gauge.alive(), 0);
    }
}
