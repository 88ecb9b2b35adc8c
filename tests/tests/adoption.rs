//! Tests adoption: a running supervisor becomes a child of another one, and nothing is stopped.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, MaxRestarts, events::Event, info::ChildState, messages::SendError};
use supervisor_tests::{Order, Stage, event, printed, quiet, restarted, terminated, within};

/// Returns a running supervisor, and the one child that it was built with.
async fn running(stage: &Stage, name: &str) -> (Supervisor, ChildRef<Order>) {
    let spec = stage.actor(name);
    let child = spec.handle();
    let supervisor = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), format!("+{name}"));
    (supervisor, child)
}

async fn root() -> Supervisor {
    let root = Supervisor::new().build();
    within("the start", root.start()).await.unwrap();
    root
}

fn spec(name: &str, supervisor: &Supervisor) -> ChildSpec<supervisor::specs::Ready<Supervisor>> {
    ChildSpec::new(name).with_supervisor(supervisor.clone())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stopped_and_the_paths_change() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    assert_eq!((sub.path().as_str(), child.path().as_str()), ("/", "a"));
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "");
    assert_eq!((sub.path().as_str(), child.path().as_str()), ("sub", "sub/a"));
    assert_eq!((child.incarnation(), child.status()), (1, ChildState::Running));
    child.send(Order::Note(1)).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "1");
}

#[tokio::test(start_paused = true)]
async fn the_parent_stops_an_adopted_supervisor() {
    let stage = Stage::new();
    let (sub, _child) = running(&stage, "a").await;
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "-a");
    within("its end", sub.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_parent_restarts_it_with_the_children_from_before_the_adoption() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let before = within("a child", sub.add_child(stage.actor("before"))).await.unwrap();
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    let after = within("a child", sub.add_child(stage.actor("after"))).await.unwrap();
    quiet().await;
    let _log = stage.log();
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("sub")).await;
    quiet().await;
    assert_eq!(stage.log(), "-a -after -before +a +before");
    before.send(Order::Note(1)).await.unwrap();
    let error = after.send(Order::Note(2)).await.unwrap_err();
    assert_eq!(error, SendError::Gone(Order::Note(2)));
}

#[tokio::test(start_paused = true)]
async fn an_adopted_pool_comes_back_without_its_workers() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_max_restarts(0).with_template(stage.actor("w")).build();
    let worker = within("a worker", pool.add_worker()).await.unwrap();
    let root = root().await;
    within("the adoption", root.add_child(spec("pool", &pool))).await.unwrap();
    assert_eq!(worker.path(), "pool/#1");
    let mut events = root.events();
    worker.downcast::<Order>().unwrap().send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("pool")).await;
    quiet().await;
    assert!(within("the list", pool.which_children()).await.unwrap().is_empty());
    let next = within("a worker", pool.add_worker()).await.unwrap();
    assert_eq!(next.path(), "pool/#2", "numbers are not used again");
}

#[tokio::test(start_paused = true)]
async fn an_adopted_supervisor_that_gives_up_is_one_failure_for_its_parent() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = Supervisor::new().with_max_restarts(0).build();
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    let error = within("the end", root.wait()).await.unwrap_err();
    assert!(error.to_string().contains("sub/a"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn handles_of_an_adopted_supervisor_keep_nothing_alive_and_stop_nothing() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    drop(sub);
    quiet().await;
    assert_eq!(stage.alive(), "a");
    drop(root);
    quiet().await;
    assert_eq!(stage.alive(), "");
    child.send(Order::Return).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_declared_running_supervisor_is_adopted_at_the_start() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root =
        Supervisor::new().with_child(spec("sub", &sub)).with_child(stage.actor("last")).build();
    quiet().await;
    assert_eq!(stage.log(), "");
    within("the start", root.start()).await.unwrap();
    quiet().await;
    assert_eq!((stage.log().as_str(), child.incarnation()), ("+last", 1));
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("sub")).await;
    quiet().await;
    assert_eq!(stage.log(), "-a +a");
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "-last -a");
}

#[tokio::test(start_paused = true)]
async fn a_running_supervisor_declared_in_a_tree_that_never_starts_is_shut_down_with_it() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = Supervisor::new().with_child(spec("sub", &sub)).build();
    drop(root);
    within("its end", sub.wait()).await.unwrap();
    assert_eq!(stage.log(), "-a");
    let error = child.send(Order::Return).await.unwrap_err();
    assert_eq!(error, SendError::Gone(Order::Return));
}

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
        std::task::Poll::Ready(())
    })
    .await;
    drop(adding);
    quiet().await;
    assert_eq!(child.path(), "a");
    within("the shutdown", sub.shutdown()).await.unwrap();
    assert_eq!(stage.alive(), "sub");
}

#[tokio::test(start_paused = true)]
async fn subscribers_of_an_adopted_supervisor_go_on_with_longer_paths() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let mut events = sub.events();
    let root = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).build();
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    within("a child", root.add_child(stage.actor("other"))).await.unwrap();
    child.send(Order::Return).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let lines = printed(&mut events);
    assert!(lines.contains(&"sub/a: ended (life 1): normal".to_owned()), "{lines:#?}");
    let below = |line: &String| line.starts_with("sub");
    assert!(lines.iter().all(below), "only its own part: {lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_during_its_adoption_is_restarted() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    let fits = |event: &Event| restarted("sub")(event);
    let mut events = root.events();
    child.try_send(Order::Fail).unwrap();
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    event(&mut events, "the restart", fits).await;
    quiet().await;
    assert_eq!(stage.alive(), "a");
}
