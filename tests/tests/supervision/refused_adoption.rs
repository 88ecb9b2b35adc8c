//! Tests adoptions that are refused: the supervisor is left alone, or its own root as before.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, StartMode, SupervisionStrategy, info::ChildState};
use supervisor_tests::{Order, Stage, event, quiet, terminated, within};

use super::adoption::{root, running, spec};

#[tokio::test(start_paused = true)]
async fn a_supervisor_with_a_parent_is_refused_and_left_alone() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let dynamic = within("a child", sub.add_child(stage.actor("d"))).await.unwrap();
    let (first, second) = (root().await, root().await);
    within("the adoption", first.add_child(spec("sub", &sub))).await.unwrap();
    let later = within("a child", sub.add_child(stage.actor("later"))).await.unwrap();
    let error = within("another", second.add_child(spec("sub", &sub))).await.unwrap_err();
    let SupervisorError::AlreadySupervised(path) = error else { panic!("{error}") };
    assert_eq!(path, "sub");
    assert_eq!((sub.path().as_str(), child.status()), ("sub", ChildState::Running));
    // The refused attempt does not declare `later`: the restart of `sub` forgets it.
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    dynamic.send(Order::Note(1)).await.unwrap();
    later.send(Order::Note(2)).await.unwrap_err();
    assert!(second.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cycle_is_refused() {
    let (a, b) = (root().await, root().await);
    within("the adoption", a.add_child(spec("b", &b))).await.unwrap();
    let error = within("itself", a.add_child(spec("a", &a))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Cycle(_)), "{error}");
    let error = within("its ancestor", b.add_child(spec("a", &a))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Cycle(_)), "{error}");
    within("the shutdown", a.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_ended_supervisor_is_refused() {
    let (ended, root) = (root().await, root().await);
    within("the shutdown", ended.shutdown()).await.unwrap();
    let error = within("the adoption", root.add_child(spec("sub", &ended))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(_, ExitReason::Shutdown)), "{error}");
    assert!(root.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refused_supervisor_goes_on_as_its_own_root() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let mut events = sub.events();
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    let _log = stage.log();
    let error = within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::AlreadyStarted(_)), "{error}");
    assert_eq!((sub.path().as_str(), child.path().as_str()), ("/", "a"));
    within("the shutdown", root.shutdown()).await.unwrap();
    child.send(Order::Note(1)).await.unwrap();
    within("the shutdown", sub.shutdown()).await.unwrap();
    event(&mut events, "its events", terminated("a")).await;
    while within("the end of the events", events.next()).await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_refused_supervisor_without_handles_shuts_down() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    let spec = ChildSpec::new("sub").with_supervisor(sub);
    within("the adoption", root.add_child(spec)).await.unwrap_err();
    quiet().await;
    assert_eq!(stage.alive(), "sub");
    child.send(Order::Return).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_refused_supervisor_that_never_ran_can_still_be_used() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("a")).build();
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    within("the refusal", root.add_child(spec("sub", &sub))).await.unwrap_err();
    within("another name", root.add_child(spec("other", &sub))).await.unwrap();
    quiet().await;
    assert_eq!((stage.alive().as_str(), sub.path().as_str()), ("a sub", "other"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_dropped_call_leaves_the_supervisor_as_its_own_root() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    let mut adding = Box::pin(root.add_child(spec("sub", &sub)));
    std::future::poll_fn(|cx| {
        assert!(adding.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    drop(adding);
    quiet().await;
    assert_eq!(child.path(), "a");
    within("the shutdown", sub.shutdown()).await.unwrap();
    assert_eq!(stage.alive(), "sub");
}

/// A child that is not ready for an hour, so that its supervisor has no time for a group.
async fn slow_to_start(mut ctx: Context) -> ChildResult {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    ctx.ready();
    ctx.shutdown_requested().await;
    Ok(())
}

/// Returns a supervisor of a child whose function holds a share of this value.
fn holding(value: &Arc<()>, name: &str) -> Supervisor {
    let held = Arc::clone(value);
    let task = move |ctx: Context| {
        let held = Arc::clone(&held);
        async move {
            ctx.shutdown_requested().await;
            drop(held);
            Ok(())
        }
    };
    Supervisor::new().with_child(ChildSpec::new(name).with_task(task)).build()
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_shut_down_before_its_turn_is_refused_and_leaves_nothing() {
    let value = Arc::new(());
    let sub = holding(&value, "a");
    within("the start", sub.start()).await.unwrap();
    let busy = Supervisor::new().with_strategy(SupervisionStrategy::OneForAll).build();
    within("the start", busy.start()).await.unwrap();
    let slow = ChildSpec::new("slow").with_start(StartMode::Notify);
    let slow = slow.with_start_timeout(Duration::from_secs(7200)).with_task(slow_to_start);
    let starting = tokio::spawn({
        let busy = busy.clone();
        async move { busy.add_child(slow).await.map(drop) }
    });
    quiet().await;
    let adopting = tokio::spawn({
        let (busy, spec) = (busy.clone(), spec("sub", &sub));
        async move { busy.add_child(spec).await.map(drop) }
    });
    quiet().await;
    within("the shutdown", sub.shutdown()).await.unwrap();
    within("the child", starting).await.unwrap().unwrap();
    let error = within("the refusal", adopting).await.unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    assert_eq!(sub.path(), "/", "it is no part of the other tree");
    drop(sub);
    quiet().await;
    assert_eq!(Arc::strong_count(&value), 1);
    within("the shutdown", busy.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_whose_declaration_breaks_a_rule_leaves_nothing_when_it_is_refused() {
    let value = Arc::new(());
    let faulty = Supervisor::new()
        .with_child(ChildSpec::new("holds").with_supervisor(holding(&value, "a")))
        .with_child(ChildSpec::new("").with_supervisor(holding(&value, "b")))
        .build();
    let root = root().await;
    let spec = ChildSpec::new("faulty").with_supervisor(faulty);
    within("the refusal", root.add_child(spec)).await.unwrap_err();
    quiet().await;
    assert_eq!(Arc::strong_count(&value), 1);
    within("the shutdown", root.shutdown()).await.unwrap();
}
