//! Tests the end of a child for good: `ended()`, `last_exit()`, and the event.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use supervisor::events::{Event, EventKind};
use supervisor::info::ChildState;
use supervisor::prelude::*;
use supervisor::{ExitReason, StartMode};
use supervisor_tests::{Order, Stage, about, event, printed, quiet, terminated, within};

/// Matches the end of this child for good.
fn ended(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildEnded { .. }))
}

/// Returns the end of the child as text; panics if it is still to come.
async fn end(child: &ChildRef<Order>) -> String {
    let reason = within("the end of the child", child.ended()).await;
    reason.map_or("never ran".to_owned(), |reason| reason.to_string())
}

fn is_pending(future: impl Future) -> bool {
    let mut cx = TaskContext::from_waker(Waker::noop());
    matches!(pin!(future).poll(&mut cx), Poll::Pending)
}

#[tokio::test(start_paused = true)]
async fn a_child_that_finishes_says_how_also_late() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let transient = stage.actor("transient").with_restart_policy(RestartPolicy::Transient);
    let transient = root.add_child(transient).await.unwrap();
    let temporary = stage.actor("temporary").with_restart_policy(RestartPolicy::Temporary);
    let temporary = root.add_child(temporary).await.unwrap();
    let early = tokio::spawn(transient.ended());
    quiet().await;
    assert!(!early.is_finished());
    transient.send(Order::Return).await.unwrap();
    temporary.send(Order::Fail).await.unwrap();
    let early = within("the early caller", early).await.unwrap();
    assert!(matches!(early, Some(ExitReason::Normal)), "{early:?}");
    assert_eq!(end(&transient).await, "normal");
    assert_eq!(end(&temporary).await, "error: told to fail");
    assert_eq!(temporary.last_exit().unwrap().to_string(), "error: told to fail");
    root.shutdown().await.unwrap();
    assert_eq!(end(&transient).await, "normal");
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_no_end_and_leaves_its_reason() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = root.add_child(stage.actor("child")).await.unwrap();
    let mut events = root.events();
    assert!(child.last_exit().is_none());
    for order in [Order::Fail, Order::Return, Order::Panic] {
        child.send(order).await.unwrap();
        event(&mut events, "the end of a life", terminated("child")).await;
        assert!(is_pending(child.ended()));
    }
    quiet().await;
    assert!(child.last_exit().unwrap().to_string().starts_with("panic: told to panic"));
    let waiting = tokio::spawn(child.ended());
    child.restart().await.unwrap();
    quiet().await;
    assert!(!waiting.is_finished());
    child.terminate().await.unwrap();
    assert!(matches!(within("the end", waiting).await.unwrap(), Some(ExitReason::Normal)));
    root.restart_child("child").await.unwrap();
    assert!(is_pending(child.ended()), "it runs again");
    root.shutdown().await.unwrap();
    assert_eq!(end(&child).await, "normal");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_waits_for_its_restart_ends_when_it_is_terminated() {
    let stage = Stage::new();
    let backoff = supervisor::Backoff::constant(Duration::from_secs(60));
    let root = Supervisor::new().with_restart_window(Duration::from_secs(900)).build();
    let child = root.add_child(stage.actor("child").with_backoff(backoff)).await.unwrap();
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the end of the life", terminated("child")).await;
    assert!(is_pending(child.ended()));
    child.terminate().await.unwrap();
    assert_eq!(end(&child).await, "error: told to fail");
    event(&mut events, "the end for good", ended("child")).await;
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_child_that_never_runs_ends_too() {
    let stage = Stage::new();
    // Its specification is dropped.
    let spec = stage.actor("dropped");
    let dropped = spec.handle();
    assert!(is_pending(dropped.ended()));
    drop(spec);
    assert_eq!(end(&dropped).await, "never ran");
    // It is refused.
    let root = Supervisor::new().with_max_children(1).with_child(stage.actor("only")).build();
    root.start().await.unwrap();
    let spec = stage.actor("refused");
    let refused = spec.handle();
    root.add_child(spec).await.unwrap_err();
    assert_eq!(end(&refused).await, "never ran");
    root.shutdown().await.unwrap();
    // Its tree never starts.
    let spec = stage.actor("declared");
    let declared = spec.handle();
    let root = Supervisor::new().with_child(spec).build();
    assert!(is_pending(declared.ended()));
    drop(root);
    assert_eq!(end(&declared).await, "never ran");
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_is_the_end_and_says_why() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let spec = stage.task("child", async |_: Context| Err("no port".into()));
    let spec = spec.with_start(StartMode::Notify);
    let child = spec.handle();
    root.add_child(spec).await.unwrap_err();
    let reason = within("the end", child.ended()).await.unwrap();
    assert_eq!(reason.to_string(), "error: no port");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_children_of_a_supervisor_that_comes_back_have_not_ended() {
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let address = leaf.handle();
    let sub = Supervisor::new().with_max_restarts(0).with_child(leaf).build();
    let root = Supervisor::new()
        .with_max_restarts(1)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    root.start().await.unwrap();
    let mut events = root.events();
    let waiting = tokio::spawn(address.ended());
    address.send(Order::Fail).await.unwrap();
    event(&mut events, "the supervisor's end", terminated("sub")).await;
    quiet().await;
    assert!(!waiting.is_finished());
    assert_eq!(address.status(), ChildState::Running);
    address.send(Order::Fail).await.unwrap();
    let reason = within("the end of the tree", waiting).await.unwrap();
    assert_eq!(reason.unwrap().to_string(), "error: told to fail");
    within("the root's end", root.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_event_comes_once_and_after_the_end_of_the_life() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let mut events = root.events();
    let transient = stage.actor("a").with_restart_policy(RestartPolicy::Transient);
    let transient = root.add_child(transient).await.unwrap();
    let temporary = stage.actor("b").with_restart_policy(RestartPolicy::Temporary);
    let temporary = root.add_child(temporary).await.unwrap();
    root.add_child(stage.actor("c")).await.unwrap();
    event(&mut events, "the start", |event| event.path() == "c").await;
    transient.send(Order::Return).await.unwrap();
    event(&mut events, "the end", ended("a")).await;
    temporary.send(Order::Fail).await.unwrap();
    event(&mut events, "the end", ended("b")).await;
    root.shutdown().await.unwrap();
    let rest = printed(&mut events);
    assert_eq!(
        rest,
        [
            "/: stopping",
            "c: ended (life 1): normal",
            "c: ended for good: normal",
            "/: supervisor ended: shutdown",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_event_comes_again_after_a_new_life() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = root.add_child(stage.actor("child")).await.unwrap();
    let mut events = root.events();
    for _ in 0..2 {
        child.terminate().await.unwrap();
        event(&mut events, "the end", ended("child")).await;
        child.restart().await.unwrap();
    }
    root.shutdown().await.unwrap();
}

/// A life that blocks its thread is not over, though nobody waits for it any longer.
#[test]
fn a_life_that_could_not_be_stopped_ends_when_it_ends() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().unwrap();
    let go_on = Arc::new(Barrier::new(2));
    let blocks = Arc::new(AtomicBool::new(false));
    let (own, blocked) = (Arc::clone(&go_on), Arc::clone(&blocks));
    let (address, mut events, root) = runtime.block_on(async {
        let stuck = ChildSpec::new("stuck")
            .with_restart_policy(RestartPolicy::Temporary)
            .with_shutdown(Shutdown::BrutalKill)
            .with_task(move |_| {
                let (own, blocked) = (Arc::clone(&own), Arc::clone(&blocked));
                async move {
                    blocked.store(true, Ordering::SeqCst);
                    own.wait();
                    Ok(())
                }
            });
        let root = Supervisor::new().with_kill_grace(Duration::from_millis(20)).build();
        let events = root.events();
        (root.add_child(stuck).await.unwrap(), events, root)
    });
    runtime.block_on(async {
        within("the child blocks", async {
            while !blocks.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let error = within("the refusal", address.terminate()).await.unwrap_err();
        assert!(matches!(error, SupervisorError::StillRunning(_)), "{error}");
        assert_eq!(address.status(), ChildState::Unstoppable);
        let waiting = tokio::spawn(address.ended());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        let freed = Arc::clone(&go_on);
        tokio::task::spawn_blocking(move || freed.wait()).await.unwrap();
        within("the late end", waiting).await.unwrap();
        event(&mut events, "the event", ended("stuck")).await;
        within("the shutdown", root.shutdown()).await.unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_the_others_waiting() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = root.add_child(stage.actor("child")).await.unwrap();
    let kept = tokio::spawn(child.ended());
    for _ in 0..1000 {
        assert!(is_pending(child.ended()));
    }
    child.terminate().await.unwrap();
    within("the caller that has waited", kept).await.unwrap();
    root.shutdown().await.unwrap();
}

/// The child ends and is started again before the first caller, which was woken, looks at it.
#[tokio::test(start_paused = true)]
async fn a_caller_that_was_woken_takes_no_later_caller_along() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = root.add_child(stage.actor("child")).await.unwrap();
    for is_polled in [false, true] {
        let mut cx = TaskContext::from_waker(Waker::noop());
        let mut first = Box::pin(child.ended());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        child.terminate().await.unwrap();
        child.restart().await.unwrap();
        let second = tokio::spawn(child.ended());
        quiet().await;
        if is_polled {
            assert!(first.as_mut().poll(&mut cx).is_pending(), "it runs again");
        } else {
            drop(first);
        }
        child.terminate().await.unwrap();
        within("the second caller", second).await.unwrap();
        child.restart().await.unwrap();
    }
    root.shutdown().await.unwrap();
}

#[test]
fn the_end_of_the_runtime_is_the_end_of_its_children() {
    let stage = Stage::new();
    let (declared, added) = (stage.actor("declared"), stage.actor("added"));
    let (first, second) = (declared.handle(), added.handle());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let root = Supervisor::new().with_child(declared).build();
    runtime.block_on(async {
        root.start().await.unwrap();
        root.add_child(added).await.unwrap();
    });
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    other.block_on(async {
        within("the end of the declared child", first.ended()).await;
        within("the end of the added child", second.ended()).await;
    });
    drop(root);
}
