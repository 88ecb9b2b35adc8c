//! Tests four situations in which another implementation of supervision trees hung.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, events::EventKind};
use supervisor_tests::{Gauge, event, within};

/// Runs until it is asked to stop.
async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// Fails in its first life, and idles in later ones.
async fn fails_once(ctx: Context) -> ChildResult {
    if ctx.incarnation() == 1 {
        return Err("the first life fails".into());
    }
    idle(ctx).await
}

#[tokio::test(start_paused = true)]
async fn test_handle_failure_one_for_one() {
    let supervisor = Supervisor::new().with_strategy(SupervisionStrategy::OneForOne).build();
    let mut events = supervisor.events();
    let gauge = Gauge::new();
    let sibling = gauge.clone();
    let add = async {
        supervisor.add_child(ChildSpec::new("failing").with_task(fails_once)).await?;
        supervisor
            .add_child(ChildSpec::new("sibling").with_task(move |ctx| {
                let life = sibling.enter();
                async move {
                    let _life = life;
                    idle(ctx).await
                }
            }))
            .await
    };
    within("both children to be added", add).await.unwrap();
    let restarted = event(&mut events, "the restart", |event| {
        matches!(event.kind(), EventKind::ChildRestarted { .. })
    })
    .await;
    assert_eq!(restarted.path(), &"failing");
    let EventKind::ChildRestarted { incarnation, restarts, restarts_left, .. } = restarted.kind()
    else {
        unreachable!()
    };
    assert_eq!((*incarnation, *restarts, *restarts_left), (2, 1, Some(2)));
    assert_eq!((gauge.alive(), gauge.begun()), (1, 1), "the sibling is left alone");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(gauge.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn test_temporary_restart_policy() {
    let supervisor = Supervisor::new().build();
    let mut events = supervisor.events();
    let spec = ChildSpec::new("once")
        .with_restart_policy(RestartPolicy::Temporary)
        .with_task(async |_: Context| Err("it fails".into()));
    within("the child to be added", supervisor.add_child(spec)).await.unwrap();
    let ended = event(&mut events, "the end of the child", |event| {
        matches!(event.kind(), EventKind::ChildTerminated { .. })
    })
    .await;
    assert_eq!(ended.path(), &"once");
    let children = within("the list", supervisor.which_children()).await.unwrap();
    assert!(children.is_empty(), "a temporary child is forgotten: {children:?}");
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert!(report.is_clean());
    while let Some(event) = events.try_next() {
        assert!(!matches!(event.kind(), EventKind::ChildRestarted { .. }), "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn test_max_restarts_exceeded() {
    let supervisor =
        Supervisor::new().with_max_restarts(2).with_restart_window(Duration::from_secs(60)).build();
    let mut events = supervisor.events();
    let gauge = Gauge::new();
    let lives = gauge.clone();
    let spec = ChildSpec::new("failing").with_task(move |_: Context| {
        let life = lives.enter();
        async move {
            let _life = life;
            Err("it always fails".into())
        }
    });
    within("the child to be added", supervisor.add_child(spec)).await.unwrap();
    event(&mut events, "the limit to be exceeded", |event| {
        matches!(event.kind(), EventKind::MaxRestartsExceeded { .. })
    })
    .await;
    event(&mut events, "the end of the supervisor", |event| {
        matches!(event.kind(), EventKind::SupervisorTerminated { .. })
    })
    .await;
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    let Some(ExitReason::Escalated(escalation)) = error.reason() else { panic!("{error}") };
    assert_eq!(escalation.path(), &"failing");
    assert!(error.to_string().contains("it always fails"), "{error}");
    assert_eq!((gauge.begun(), gauge.alive(), gauge.most()), (3, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn test_supervisor_stats() {
    let supervisor = Supervisor::new().build();
    let mut events = supervisor.events();
    let add = async {
        supervisor.add_child(ChildSpec::new("failing").with_task(fails_once)).await?;
        supervisor.add_child(ChildSpec::new("idle").with_task(idle)).await?;
        supervisor.add_child(ChildSpec::new("stopped").with_task(idle)).await?;
        supervisor.terminate_child("stopped").await
    };
    within("the children", add).await.unwrap();
    event(&mut events, "the restart", |event| {
        matches!(event.kind(), EventKind::ChildRestarted { .. })
    })
    .await;
    tokio::time::advance(Duration::from_secs(7)).await;
    let stats = within("the figures", supervisor.stats()).await.unwrap();
    assert_eq!((stats.restarts, stats.failures), (1, 1));
    assert_eq!((stats.running, stats.stopped, stats.children()), (2, 1, 3));
    assert!(stats.uptime >= Duration::from_secs(7), "{:?}", stats.uptime);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let stats = within("the figures", supervisor.stats()).await.unwrap();
    assert_eq!((stats.restarts, stats.running, stats.uptime), (1, 0, Duration::ZERO));
}
