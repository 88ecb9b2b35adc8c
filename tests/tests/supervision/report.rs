//! Tests the shutdown report: the children that were killed or still run, with their paths and
//! times.

use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{info::ChildState, specs::Runnable};
use supervisor_tests::{quiet, within};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const SECOND: Duration = Duration::from_secs(1);

/// Waits for the shutdown request, and does not stop.
async fn stubborn(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    pending().await
}

/// Returns a child that blocks its thread until the sender is dropped. The receiver gets a message
/// when it does.
fn stuck(name: &str) -> (ChildSpec<impl Runnable>, mpsc::Sender<()>, UnboundedReceiver<()>) {
    let (release, released) = mpsc::channel();
    let released = Arc::new(Mutex::new(released));
    let (blocks, blocked) = unbounded_channel();
    let task = move |_: Context| {
        let (blocks, released) = (blocks.clone(), Arc::clone(&released));
        async move {
            let _ = blocks.send(());
            let _ = released.lock().unwrap().recv();
            Ok(())
        }
    };
    let spec = ChildSpec::new(name).with_shutdown(Shutdown::BrutalKill).with_task(task);
    (spec, release, blocked)
}

#[tokio::test(start_paused = true)]
async fn a_killed_child_is_named_with_the_time_its_stop_took() {
    let nested = Supervisor::new()
        .with_child(ChildSpec::new("stubborn").with_shutdown(2 * SECOND).with_task(stubborn))
        .build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("nested").with_supervisor(nested)).build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let (first, second) =
        within("the shutdown", async { tokio::join!(root.shutdown(), root.shutdown()) }).await;
    for report in [first.unwrap(), second.unwrap()] {
        let killed: Vec<_> = report.killed().collect();
        assert_eq!(killed.len(), 1, "{report}");
        assert_eq!((killed[0].0.as_str(), killed[0].1), ("nested/stubborn", 2 * SECOND));
        assert_eq!(report.not_stopped().count(), 0);
        assert_eq!(report.to_string(), "`nested/stubborn` had to be killed; it ended after 2s");
    }
}

#[tokio::test(start_paused = true)]
async fn more_killed_children_than_a_subscribers_queue_holds_are_all_named() {
    let pool = Supervisor::new()
        .with_template(ChildSpec::new("worker").with_shutdown(SECOND).with_task(stubborn))
        .build();
    for _ in 0..5_000 {
        within("a worker", pool.add_worker()).await.unwrap();
    }
    quiet().await;
    let report = within("the shutdown", pool.shutdown()).await.unwrap();
    assert_eq!(report.killed().count(), 5_000);
    assert!(report.killed().all(|(_, took)| took == SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_child_killed_before_the_shutdown_is_not_in_its_report() {
    let spec = ChildSpec::new("stubborn").with_shutdown(SECOND).with_task(stubborn);
    let root = Supervisor::new().build();
    let stubborn = within("the child", root.add_child(spec)).await.unwrap();
    quiet().await;
    within("its end", stubborn.terminate()).await.unwrap();
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_life_left_behind_by_an_earlier_stop_is_named_while_it_runs() {
    let (spec, release, mut blocked) = stuck("stuck");
    let nested = Supervisor::new().with_kill_grace(SECOND / 50).with_child(spec).build();
    let root = Supervisor::new()
        .with_child(ChildSpec::new("nested").with_supervisor(nested.clone()))
        .build();
    within("the start", root.start()).await.unwrap();
    within("its thread to be blocked", blocked.recv()).await.unwrap();
    let error = within("the stop", nested.terminate_child("stuck")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::StillRunning(_)), "{error}");
    let children = within("the list", nested.which_children()).await.unwrap();
    assert_eq!(children[0].state, ChildState::Unstoppable);
    // The stop belonged to another command, but the life still runs when the shutdown has ended.
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    let left: Vec<_> = report.not_stopped().map(|(path, _)| path.to_string()).collect();
    assert_eq!(left, ["nested/stuck"]);
    assert!(report.to_string().starts_with("`nested/stuck` still runs after"), "{report}");
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_without_handles_is_kept_by_its_spec() {
    // No handle of the nested supervisor is left when its parent is built.
    let nested = Supervisor::new().with_child(ChildSpec::new("leaf").with_task(stubborn));
    let spec = ChildSpec::new("nested").with_supervisor(nested.build());
    let root = Supervisor::new().with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
}
