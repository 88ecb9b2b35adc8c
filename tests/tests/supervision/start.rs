//! Tests the start of a tree: in order, each child when the previous one has started, or not at
//! all.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, StartMode, info::ChildState, specs::Ready};
use supervisor_tests::{Stage, event, quiet, started, within};
use tokio::time::Instant;

/// Returns a child that is ready after the delay.
fn ready_after(stage: &Stage, name: &'static str, delay: Duration) -> ChildSpec<Ready<ChildRef>> {
    let noted = stage.clone();
    stage
        .task(name, move |mut ctx| {
            let noted = noted.clone();
            async move {
                tokio::time::sleep(delay).await;
                noted.note(format!("{name}!"));
                ctx.ready();
                ctx.shutdown_requested().await;
                Ok(())
            }
        })
        .with_start(StartMode::Notify)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn children_start_in_the_order_of_their_declaration() {
    let stage = Stage::new();
    let mut builder = Supervisor::new();
    for name in ["a", "b", "c", "d"] {
        builder = builder.with_child(stage.actor(name));
    }
    let supervisor = builder.build();
    quiet().await;
    assert_eq!(stage.log(), "", "nothing starts before `start`");
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a +b +c +d");
}

#[tokio::test(start_paused = true)]
async fn a_second_start_changes_nothing() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    let (first, second) = tokio::join!(supervisor.start(), supervisor.start());
    first.unwrap();
    second.unwrap();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a");
}

#[tokio::test(start_paused = true)]
async fn the_next_sibling_waits_until_a_notifying_child_is_ready() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(ready_after(&stage, "a", SECOND))
        .with_child(stage.actor("b"))
        .build();
    let began = Instant::now();
    within("the start", supervisor.start()).await.unwrap();
    assert_eq!(began.elapsed(), SECOND);
    quiet().await;
    assert_eq!(stage.log(), "+a a! +b");
}

#[tokio::test(start_paused = true)]
async fn without_notify_no_sibling_waits() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(ready_after(&stage, "a", SECOND).with_start(StartMode::Spawned))
        .with_child(stage.actor("b"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a +b");
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_is_started_when_all_its_children_are() {
    let stage = Stage::new();
    let sub = Supervisor::new()
        .with_child(ready_after(&stage, "x", SECOND))
        .with_child(ready_after(&stage, "y", SECOND))
        .build();
    let supervisor = Supervisor::new()
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .with_child(stage.actor("last"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+x x! +y y! +last");
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_stops_the_started_children_in_reverse_order() {
    let stage = Stage::new();
    let failing = stage
        .task("c", async |_: Context| Err("cannot start".into()))
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(stage.actor("b").with_start(StartMode::Notify))
        .with_child(failing)
        .with_child(stage.actor("d"))
        .build();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    assert_eq!(stage.log(), "+a +b +c -c -b -a");
    let SupervisorError::Ended(path, ExitReason::StartFailed(escalation)) = &error else {
        panic!("{error}")
    };
    assert_eq!((path.as_str(), escalation.path().as_str()), ("/", "c"));
    assert!(error.to_string().contains("cannot start"), "{error}");
    let again = within("the start", supervisor.start()).await.unwrap_err();
    assert!(matches!(again, SupervisorError::Ended(..)), "{again}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_below_rolls_the_whole_tree_back() {
    let stage = Stage::new();
    let failing =
        stage.task("z", async |_: Context| panic!("not today")).with_start(StartMode::Notify);
    let sub = Supervisor::new().with_child(stage.actor("y")).with_child(failing).build();
    let supervisor = Supervisor::new()
        .with_child(stage.actor("x"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .with_child(stage.actor("last"))
        .build();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    assert_eq!(stage.log(), "+x +y +z -z -y -x");
    let text = error.to_string();
    assert!(text.contains("sub/z") && text.contains("not today"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_ready_is_a_failed_start() {
    let stage = Stage::new();
    let spec = stage.task("a", async |_: Context| panic!("oh no")).with_start(StartMode::Notify);
    let supervisor = Supervisor::new().build();
    let error = within("the child", supervisor.add_child(spec)).await.unwrap_err();
    let SupervisorError::StartFailed(path, ExitReason::Panic(failure)) = error else {
        panic!("{error}")
    };
    assert_eq!((path.as_str(), failure.message()), ("a", "oh no"));
    assert!(supervisor.which_children().await.unwrap().is_empty(), "its spec is not kept");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_not_ready_in_time_is_a_failed_start() {
    let stage = Stage::new();
    let spec = ready_after(&stage, "slow", 2 * SECOND).with_start_timeout(SECOND);
    let supervisor = Supervisor::new().with_child(stage.actor("a")).with_child(spec).build();
    let began = Instant::now();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    assert_eq!(began.elapsed(), SECOND);
    assert_eq!(stage.log(), "+a +slow -slow -a");
    let Some(ExitReason::StartFailed(escalation)) = error.reason() else { panic!("{error}") };
    assert!(matches!(escalation.reason(), ExitReason::StartTimeout(limit) if *limit == SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_child_has_thirty_seconds_to_be_ready_by_default() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(ready_after(&stage, "a", 31 * SECOND)).build();
    let began = Instant::now();
    within("the start", supervisor.start()).await.unwrap_err();
    assert_eq!(began.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_drops_its_context_before_it_is_ready_has_failed_at_once() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |ctx: Context| {
            drop(ctx);
            pending().await
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().build();
    let began = Instant::now();
    let error = within("the child", supervisor.add_child(spec)).await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(
        matches!(error, SupervisorError::StartFailed(_, ExitReason::StartAbandoned)),
        "{error}"
    );
    assert_eq!(stage.alive(), "");
}

#[tokio::test(start_paused = true)]
async fn a_context_that_is_dropped_in_another_task_before_ready_fails_the_start_at_once() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |ctx: Context| {
            tokio::spawn(async move { drop(ctx) });
            pending().await
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().build();
    let error = within("the child", supervisor.add_child(spec)).await.unwrap_err();
    assert!(
        matches!(error, SupervisorError::StartFailed(_, ExitReason::StartAbandoned)),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_drop_of_the_context_is_the_reason() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |ctx: Context| {
            drop(ctx);
            Err("cannot connect".into())
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().build();
    let error = within("the child", supervisor.add_child(spec)).await.unwrap_err();
    assert!(matches!(error, SupervisorError::StartFailed(_, ExitReason::Error(_))), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_context_that_is_dropped_after_ready_changes_nothing() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |mut ctx: Context| {
            ctx.ready();
            drop(ctx);
            pending().await
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().build();
    within("the child", supervisor.add_child(spec)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(stage.alive(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_second_ready_changes_nothing() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |mut ctx: Context| {
            ctx.ready();
            ctx.ready();
            ctx.shutdown_requested().await;
            ctx.ready();
            Ok(())
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().with_child(spec).with_child(stage.actor("b")).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the sibling", started("b")).await;
    quiet().await;
    assert_eq!(stage.log(), "+a +b");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_declines_keeps_its_spec_and_the_others_start() {
    let stage = Stage::new();
    let declining = stage.task("a", async |_: Context| Ok(())).with_start(StartMode::Notify);
    let supervisor = Supervisor::new().with_child(declining).with_child(stage.actor("b")).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a -a +b");
    let children = supervisor.which_children().await.unwrap();
    let states: Vec<_> = children.iter().map(|child| (child.name.as_str(), child.state)).collect();
    assert_eq!(states, [("b", ChildState::Running), ("a", ChildState::Finished)]);
    let error = within("the restart", supervisor.restart_child("a")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Declined(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_that_declines_is_forgotten() {
    let stage = Stage::new();
    let declining = stage
        .task("a", async |_: Context| Ok(()))
        .with_start(StartMode::Notify)
        .with_restart_policy(RestartPolicy::Temporary);
    let supervisor = Supervisor::new().build();
    let error = within("the child", supervisor.add_child(declining)).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Declined(_)), "{error}");
    assert!(supervisor.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_of_a_restart_is_tried_again() {
    // Life 1 starts and fails later, lives 2 and 3 fail to start, life 4 starts.
    let stage = Stage::new();
    let spec = stage
        .task("a", async |mut ctx: Context| {
            match ctx.incarnation() {
                1 => {
                    ctx.ready();
                    return Err("the first".into());
                }
                2 | 3 => return Err("cannot start".into()),
                _ => ctx.ready(),
            }
            ctx.shutdown_requested().await;
            Ok(())
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "life 4", |event| {
        matches!(event.kind(), supervisor::events::EventKind::ChildRestarted { incarnation: 4, .. })
    })
    .await;
    assert_eq!(stage.alive(), "a");
}

#[tokio::test(start_paused = true)]
async fn names_are_checked_at_the_start() {
    let stage = Stage::new();
    for name in ["", "a/b", "#7"] {
        let supervisor = Supervisor::new().with_child(stage.actor(name)).build();
        let error = within("the start", supervisor.start()).await.unwrap_err();
        assert!(matches!(error, SupervisorError::InvalidSpec(..)), "{name}: {error}");
        let supervisor = Supervisor::new().build();
        let error = within("the child", supervisor.add_child(stage.actor(name))).await.unwrap_err();
        assert!(matches!(error, SupervisorError::InvalidSpec(..)), "{name}: {error}");
    }
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn two_children_of_one_name_do_not_start() {
    let stage = Stage::new();
    let supervisor =
        Supervisor::new().with_child(stage.actor("a")).with_child(stage.actor("a")).build();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    let SupervisorError::InvalidSpec(path, rule) = error else { panic!("{error}") };
    assert_eq!((path.as_str(), rule.as_str()), ("a", "two children have this name"));
    assert_eq!(stage.log(), "");
}

/// A child that keeps the context of its second life, which fails without being ready, and whose
/// later lives do `then` with their own context and the kept one.
fn keeps_its_second_context<F, Fut>(
    stage: &Stage,
    kept: &Arc<Mutex<Option<Context>>>,
    then: F,
) -> ChildSpec<Ready<ChildRef>>
where
    F: Fn(Context, Arc<Mutex<Option<Context>>>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    let keeps = Arc::clone(kept);
    let task = move |mut ctx: Context| {
        let (keeps, then) = (Arc::clone(&keeps), then.clone());
        async move {
            match ctx.incarnation() {
                1 => {
                    ctx.ready();
                    Err("the first".into())
                }
                2 => {
                    *keeps.lock().unwrap() = Some(ctx);
                    Err("the second, which is not ready".into())
                }
                _ => then(ctx, keeps).await,
            }
        }
    };
    stage.task("a", task).with_start(StartMode::Notify)
}

#[tokio::test(start_paused = true)]
async fn a_context_that_is_dropped_in_a_later_life_takes_nothing_from_that_life() {
    let stage = Stage::new();
    let kept = Arc::new(Mutex::new(None::<Context>));
    let spec = keeps_its_second_context(&stage, &kept, async |mut ctx: Context, kept| {
        let old = kept.lock().unwrap().take();
        drop(old.expect("the context of the second life"));
        tokio::time::sleep(SECOND).await;
        ctx.ready();
        ctx.shutdown_requested().await;
        Ok(())
    });
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!((child.status(), child.incarnation()), (ChildState::Running, 3));
}

#[tokio::test(start_paused = true)]
async fn a_context_of_an_earlier_life_makes_no_later_life_ready() {
    let stage = Stage::new();
    let kept = Arc::new(Mutex::new(None::<Context>));
    let spec = keeps_its_second_context(&stage, &kept, async |_ctx, _kept| pending().await);
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let mut old = kept.lock().unwrap().take().expect("the context of the second life");
    assert_eq!(child.incarnation(), 3);
    old.ready();
    assert!(old.last_exit().is_none(), "the exit before the second life was replaced");
    assert!(old.is_shutdown_requested() && old.try_recv().is_none());
    within("its request", old.shutdown_requested()).await;
    assert!(within("its message", old.recv()).await.is_none());
    drop(old);
    quiet().await;
    assert_eq!((child.status(), child.incarnation()), (ChildState::Starting, 3));
}
