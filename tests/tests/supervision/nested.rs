//! Tests nested supervisors: escalation, restarts of subtrees, and the children that come back.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, events::EventKind, info::ChildState, messages::SendError};
use supervisor_tests::{Order, Stage, about, event, quiet, restarted, within};

/// A root with a nested `sub`, which allows no restart, of a `leaf` and a `sibling`.
struct Tree {
    stage: Stage,
    root: Supervisor,
    sub: Supervisor,
    leaf: ChildRef<Order>,
}

impl Tree {
    async fn start(policy: RestartPolicy) -> Self {
        let stage = Stage::new();
        let (leaf, sibling) = (stage.actor("leaf"), stage.actor("sibling"));
        let handle = leaf.handle();
        let sub =
            Supervisor::new().with_max_restarts(0).with_child(leaf).with_child(sibling).build();
        let spec = ChildSpec::new("sub").with_supervisor(sub.clone()).with_restart_policy(policy);
        let root = Supervisor::new()
            .with_max_restarts(1)
            .with_child(stage.actor("before"))
            .with_child(spec)
            .with_child(stage.actor("after"))
            .build();
        within("the start", root.start()).await.unwrap();
        quiet().await;
        assert_eq!(stage.log(), "+before +leaf +sibling +after");
        Self { stage, root, sub, leaf: handle }
    }
}

#[tokio::test(start_paused = true)]
async fn paths_lead_from_the_root_down() {
    let tree = Tree::start(RestartPolicy::Always).await;
    assert_eq!(tree.root.path(), "/");
    assert_eq!(tree.sub.path(), "sub");
    assert_eq!(tree.leaf.path(), "sub/leaf");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_is_restarted_with_its_children() {
    let tree = Tree::start(RestartPolicy::Always).await;
    let mut events = tree.root.events();
    tree.leaf.send(Order::Fail).await.unwrap();
    event(&mut events, "its restart", restarted("sub")).await;
    quiet().await;
    assert_eq!(tree.stage.log(), "-leaf -sibling +leaf +sibling");
    assert_eq!(tree.leaf.incarnation(), 2);
}

#[tokio::test(start_paused = true)]
async fn giving_up_is_a_failure_also_for_a_transient_supervisor() {
    // In OTP the supervisor ends with `shutdown`, and its parent loses it silently.
    let tree = Tree::start(RestartPolicy::Transient).await;
    let mut events = tree.root.events();
    tree.leaf.send(Order::Fail).await.unwrap();
    event(&mut events, "its restart", restarted("sub")).await;
    quiet().await;
    assert_eq!(tree.stage.alive(), "after before leaf sibling");
}

#[tokio::test(start_paused = true)]
async fn a_temporary_supervisor_that_gives_up_is_forgotten() {
    let tree = Tree::start(RestartPolicy::Temporary).await;
    tree.leaf.send(Order::Fail).await.unwrap();
    within("its end", tree.sub.wait()).await.unwrap_err();
    quiet().await;
    assert_eq!(tree.stage.alive(), "after before");
    let children = within("the list", tree.root.which_children()).await.unwrap();
    assert_eq!(children.len(), 2, "{children:?}");
    let error = tree.leaf.send(Order::Return).await.unwrap_err();
    assert_eq!(error, SendError::Gone(Order::Return));
}

#[tokio::test(start_paused = true)]
async fn the_root_ends_with_the_path_and_the_cause() {
    let tree = Tree::start(RestartPolicy::Always).await;
    tree.leaf.send(Order::Fail).await.unwrap();
    quiet().await;
    tree.leaf.send(Order::Panic).await.unwrap();
    let error = within("the end", tree.root.wait()).await.unwrap_err();
    let Some(ExitReason::Escalated(outer)) = error.reason() else { panic!("{error}") };
    assert_eq!(outer.path(), &"sub");
    let ExitReason::Escalated(inner) = outer.reason() else { panic!("{error}") };
    assert_eq!(inner.path(), &"sub/leaf");
    let ExitReason::Panic(failure) = inner.reason() else { panic!("{error}") };
    assert_eq!(failure.message(), "told to panic");
    let text = error.to_string();
    assert!(text.contains("sub/leaf") && text.contains("told to panic"), "{text}");
    let source = std::error::Error::source(&error).expect("a cause");
    assert_eq!(source.to_string(), "told to panic");
    assert_eq!(tree.stage.alive(), "");
}

#[tokio::test(start_paused = true)]
async fn a_failure_below_counts_once_above() {
    // The leaf failed several times, but its supervisor gave up once.
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let handle = leaf.handle();
    let sub = Supervisor::new().with_max_restarts(2).with_child(leaf).build();
    let root = Supervisor::new()
        .with_max_restarts(1)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    for _ in 0..5 {
        handle.send(Order::Fail).await.unwrap();
        quiet().await;
    }
    assert_eq!((root.stats().await.unwrap().restarts, handle.incarnation()), (1, 6));
    handle.send(Order::Fail).await.unwrap();
    within("the end", root.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn escalation_climbs_through_all_levels() {
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let handle = leaf.handle();
    let mut supervisor = Supervisor::new().with_max_restarts(0).with_child(leaf).build();
    for level in (0..5).rev() {
        let spec = ChildSpec::new(&format!("s{level}")).with_supervisor(supervisor);
        supervisor = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    }
    within("the start", supervisor.start()).await.unwrap();
    assert_eq!(handle.path(), "s0/s1/s2/s3/s4/leaf");
    handle.send(Order::Fail).await.unwrap();
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    assert!(error.to_string().contains("s0/s1/s2/s3/s4/leaf"), "{error}");
    assert!(error.to_string().contains("told to fail"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_restart_of_a_supervisor_brings_its_declared_children_back_with_their_addresses() {
    let tree = Tree::start(RestartPolicy::Always).await;
    tree.leaf.send(Order::Fail).await.unwrap();
    tree.leaf.send(Order::Note(1)).await.unwrap();
    quiet().await;
    tree.leaf.send(Order::Note(2)).await.unwrap();
    quiet().await;
    assert_eq!(tree.stage.log(), "-leaf -sibling +leaf 1 +sibling 2");
}

#[tokio::test(start_paused = true)]
async fn a_restart_of_a_supervisor_forgets_its_dynamic_children() {
    let tree = Tree::start(RestartPolicy::Always).await;
    let spec = tree.stage.actor("dynamic");
    let dynamic = within("a child", tree.sub.add_child(spec)).await.unwrap();
    tree.leaf.send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(tree.stage.alive(), "after before leaf sibling");
    let error = dynamic.send(Order::Return).await.unwrap_err();
    assert_eq!(error, SendError::Gone(Order::Return));
    let error = tree.sub.restart_child("dynamic").await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
    // The name is free: a new child of that name has a slot of its own.
    let spec = tree.stage.actor("dynamic");
    let next = within("a child", tree.sub.add_child(spec)).await.unwrap();
    next.send(Order::Note(3)).await.unwrap();
    assert_eq!((next.incarnation(), dynamic.try_send(Order::Note(4)).is_err()), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_takes_a_nested_supervisor_along_in_order() {
    let stage = Stage::new();
    let failing = stage.actor("failing");
    let handle = failing.handle();
    let sub = Supervisor::new().with_child(stage.actor("x")).with_child(stage.actor("y")).build();
    let root = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(failing)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .with_child(stage.actor("last"))
        .build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+failing +x +y +last");
    handle.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("last")).await;
    quiet().await;
    assert_eq!(stage.log(), "-failing -last -y -x +failing +x +y +last");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_goes_down_the_tree_in_reverse_order() {
    let tree = Tree::start(RestartPolicy::Always).await;
    within("the shutdown", tree.root.shutdown()).await.unwrap();
    assert_eq!(tree.stage.log(), "-after -sibling -leaf -before");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_a_nested_supervisor_leaves_it_down_with_its_spec() {
    let tree = Tree::start(RestartPolicy::Always).await;
    let report = within("the shutdown", tree.sub.shutdown()).await.unwrap();
    assert!(report.is_clean());
    quiet().await;
    assert_eq!(tree.stage.log(), "-sibling -leaf");
    let children = within("the list", tree.root.which_children()).await.unwrap();
    let sub = children.iter().find(|child| child.name == "sub").unwrap();
    assert_eq!(sub.state, ChildState::Stopped);
    let error = tree.leaf.send(Order::Return).await.unwrap_err();
    assert_eq!(error, SendError::NotRunning(Order::Return));
    let error = tree.sub.which_children().await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    within("the restart", tree.root.restart_child("sub")).await.unwrap();
    quiet().await;
    tree.leaf.send(Order::Note(5)).await.unwrap();
    quiet().await;
    assert_eq!(tree.stage.log(), "+leaf +sibling 5");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_does_not_close_the_mailboxes_below() {
    // The parent may still restart the supervisor: messages to its children wait.
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let handle = leaf.handle();
    let sub = Supervisor::new().with_max_restarts(0).with_child(leaf).build();
    let spec = ChildSpec::new("sub")
        .with_supervisor(sub.clone())
        .with_backoff(supervisor::Backoff::constant(Duration::from_secs(10)));
    let root =
        Supervisor::new().with_restart_window(Duration::from_secs(60)).with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    handle.send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(handle.status(), ChildState::Restarting);
    within("a message to wait", handle.send(Order::Note(1))).await.unwrap();
    assert_eq!(handle.queued(), 1);
    let error = sub.which_children().await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.log(), "+leaf -leaf +leaf 1");
}

#[tokio::test(start_paused = true)]
async fn the_subtree_is_down_before_its_end_is_published() {
    let tree = Tree::start(RestartPolicy::Always).await;
    let mut events = tree.root.events();
    tree.leaf.send(Order::Fail).await.unwrap();
    let ended = event(
        &mut events,
        "the end of the nested supervisor",
        about("sub", |kind| matches!(kind, EventKind::ChildTerminated { .. })),
    )
    .await;
    let EventKind::ChildTerminated { incarnation: 1, reason, .. } = ended.kind() else {
        panic!("{ended}")
    };
    assert!(matches!(reason, ExitReason::Escalated(_)), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn escalate_ends_the_supervisor_at_once_and_counts_once_above() {
    let stage = Stage::new();
    let leaf = stage.actor("leaf").with_restart_policy(RestartPolicy::Temporary);
    let handle = leaf.handle();
    let sub = Supervisor::new()
        .with_max_restarts(100)
        .with_child(leaf)
        .with_child(stage.actor("sibling"))
        .build();
    let root = Supervisor::new()
        .with_max_restarts(1)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    handle.send(Order::Escalate).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+leaf +sibling -leaf -sibling +leaf +sibling");
    assert_eq!(root.stats().await.unwrap().restarts, 1);
    handle.send(Order::Escalate).await.unwrap();
    let error = within("the end", root.wait()).await.unwrap_err();
    assert!(error.to_string().contains("told to escalate"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_declared_temporary_child_comes_back_with_its_supervisor() {
    // The child is forgotten for the rest of this life of its supervisor; its slot stays.
    let stage = Stage::new();
    let once = stage.actor("once").with_restart_policy(RestartPolicy::Temporary);
    let (failing, once_ref) = (stage.actor("failing"), once.handle());
    let failing_ref = failing.handle();
    let sub = Supervisor::new().with_max_restarts(0).with_child(once).with_child(failing).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    once_ref.send(Order::Return).await.unwrap();
    quiet().await;
    assert_eq!(within("the list", sub.which_children()).await.unwrap().len(), 1);
    let error = once_ref.send(Order::Note(1)).await.unwrap_err();
    assert_eq!(error, SendError::NotRunning(Order::Note(1)));
    failing_ref.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("sub")).await;
    once_ref.send(Order::Note(2)).await.unwrap();
    quiet().await;
    assert_eq!((stage.alive().as_str(), once_ref.incarnation()), ("failing once", 2));
}
