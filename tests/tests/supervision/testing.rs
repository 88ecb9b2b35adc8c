//! Tests `supervisor::testing`: faults of a child given by its path, waits with a limit, and chaos.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing::{self, Error, Watch};
use supervisor::{
    Backoff, Blocking, BlockingContext, Escalate, ExitReason, MaxRestarts, Program, StartMode,
    events::EventKind, info::ChildState,
};
use supervisor_tests::{Order, Stage, event, restarted, terminated, within};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Starts a tree of the actors `a`, `sub/b` and `sub/c`.
pub(super) async fn small_tree(stage: &Stage) -> Supervisor {
    let sub = Supervisor::new()
        .with_restart_window(HOUR)
        .with_child(stage.actor("b"))
        .with_child(stage.actor("c").with_backoff(Backoff::constant(30 * SECOND)))
        .build();
    let root = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    // By then each actor waits for messages.
    tokio::time::sleep(Duration::from_millis(1)).await;
    root
}

fn reason(ended: &supervisor::events::Event) -> &ExitReason {
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!("{ended}") };
    reason
}

#[tokio::test(start_paused = true)]
async fn a_kill_has_ended_the_life_when_it_returns() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_child(stage.actor("a").with_backoff(Backoff::constant(SECOND)))
        .build();
    within("the start", root.start()).await.unwrap();
    let mut watch = Watch::new(&root);
    tokio::time::sleep(Duration::from_millis(1)).await;
    within("the kill", testing::kill(&root, "a")).await.unwrap();
    assert_eq!(stage.alive(), "");
    let ended = watch.ended("a").await.unwrap();
    assert!(matches!(reason(&ended), ExitReason::Killed), "{ended}");
    assert_eq!(testing::running(&root, "a").await.unwrap(), 2);
    let stats = root.stats().await.unwrap();
    assert_eq!((stats.failures, stats.restarts), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_the_error_with_its_sources() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let mut watch = Watch::new(&root);
    let error = std::io::Error::other("eighty".parse::<u8>().unwrap_err());
    testing::fail(&root, "sub/b", error).await.unwrap();
    let ended = watch.ended("sub/b").await.unwrap();
    assert_eq!(reason(&ended).to_string(), "error: invalid digit found in string");
    testing::panic(&root, "sub/b", "index out of bounds").await.unwrap();
    let ended = watch.ended("sub/b").await.unwrap();
    assert!(matches!(reason(&ended), ExitReason::Panic(_)), "{ended}");
    assert_eq!(reason(&ended).to_string(), "panic: index out of bounds");
}

#[tokio::test(start_paused = true)]
async fn a_failure_with_escalate_escalates() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let mut watch = Watch::new(&root);
    testing::fail(&root, "sub/b", Escalate::because("the license has expired")).await.unwrap();
    // The child's supervisor gives up, and is restarted by the root.
    watch.restarted("sub").await.unwrap();
    assert_eq!(testing::running(&root, "sub/b").await.unwrap(), 2);
    testing::fail(&root, "a", Escalate::because("it has")).await.unwrap();
    let error = within("the end", root.wait()).await.unwrap_err();
    assert!(error.to_string().contains("`a`: escalated: it has"), "{error}");
    let error = watch.restarted("a").await.unwrap_err();
    assert!(matches!(&error, Error::Ended(missing) if missing.what() == "the restart of `a`"));
    assert!(error.to_string().starts_with("the tree ended without the restart of `a`; this"));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_starting_is_killed_at_once_which_fails_its_start() {
    let stage = Stage::new();
    let slow = stage.task("a", async |mut ctx: Context| {
        tokio::time::sleep(SECOND).await;
        ctx.ready();
        pending().await
    });
    let root = Supervisor::new().with_child(slow.with_start(StartMode::Notify)).build();
    let starting = tokio::spawn({
        let root = root.clone();
        async move { root.start().await }
    });
    tokio::time::sleep(SECOND / 2).await;
    let began = Instant::now();
    within("the kill", testing::kill(&root, "a")).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    let error = within("the start", starting).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "supervisor `/` has ended: failed to start `a`: killed");
    assert_eq!(stage.gauge("a").most(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hung_child_keeps_its_values_and_does_not_stop() {
    let stage = Stage::new();
    let actor = stage.actor("a").with_mailbox(1).with_shutdown(7 * SECOND);
    let address = actor.handle();
    let root = Supervisor::new().with_child(actor).build();
    within("the start", root.start()).await.unwrap();
    let mut watch = Watch::new(&root);
    tokio::time::sleep(SECOND).await;
    testing::hang(&root, "a").await.unwrap();
    address.try_send(Order::Return).unwrap();
    tokio::time::sleep(SECOND).await;
    assert!(address.try_send(Order::Return).is_err(), "its mailbox is full");
    assert_eq!((stage.alive().as_str(), address.status()), ("a", ChildState::Running));
    let began = Instant::now();
    within("the restart", address.restart()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 7);
    let killed =
        |event: &supervisor::events::Event| matches!(event.kind(), EventKind::ChildKilled { .. });
    watch.until("the kill", killed).await.unwrap();
    // The next life does not hang: it handles the message that the first one left.
    let ended = watch.ended("a").await.unwrap();
    assert!(matches!(reason(&ended), ExitReason::Killed), "{ended}");
    let ended = watch.ended("a").await.unwrap();
    assert!(matches!(reason(&ended), ExitReason::Normal), "{ended}");
    assert_eq!(stage.gauge("a").most(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hung_child_misses_its_heartbeat_wherever_it_waits() {
    let stage = Stage::new();
    // To wait for a message counts as a heartbeat, unless the child hangs.
    let root = Supervisor::new().with_child(stage.actor("a").with_heartbeat(10 * SECOND)).build();
    within("the start", root.start()).await.unwrap();
    let mut watch = Watch::new(&root);
    tokio::time::sleep(95 * SECOND).await;
    let began = Instant::now();
    testing::hang(&root, "a").await.unwrap();
    let ended = watch.ended("a").await.unwrap();
    assert!(matches!(reason(&ended), ExitReason::Hung(limit) if *limit == 10 * SECOND), "{ended}");
    assert_eq!(began.elapsed().as_secs(), 10);
    watch.restarted("a").await.unwrap();
    tokio::time::sleep(95 * SECOND).await;
    assert_eq!(stage.gauge("a").begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_hangs_before_it_is_ready_does_not_start() {
    let stage = Stage::new();
    let slow = stage.task("a", async |mut ctx: Context| {
        tokio::time::sleep(SECOND).await;
        ctx.ready();
        pending().await
    });
    let root = Supervisor::new().with_child(slow.with_start(StartMode::Notify)).build();
    let starting = tokio::spawn({
        let root = root.clone();
        async move { root.start().await }
    });
    tokio::time::sleep(SECOND / 2).await;
    testing::hang(&root, "a").await.unwrap();
    let error = within("the start", starting).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("not ready within 30s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn errors_name_the_path() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let text = |result: Result<(), Error>| result.unwrap_err().to_string();
    assert_eq!(text(testing::kill(&root, "sub/x").await), "there is no child `sub/x`");
    // The error names the first part of the path that does not exist.
    assert_eq!(text(testing::kill(&root, "x/y/z").await), "there is no child `x`");
    assert_eq!(text(testing::hang(&root, "a/b").await), "there is no child `a/b`");
    for result in [
        testing::hang(&root, "sub").await,
        testing::fail(&root, "sub", "it fails").await,
        testing::panic(&root, "sub", "it panics").await,
    ] {
        assert_eq!(
            text(result),
            "`sub` is a supervisor, which fails by its children: use `testing::kill`"
        );
    }
    testing::kill(&root, "sub/c").await.unwrap();
    for result in [
        testing::kill(&root, "sub/c").await,
        testing::fail(&root, "sub/c", "again").await,
        testing::hang(&root, "sub/c").await,
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.path().unwrap().as_str(), "sub/c");
        assert_eq!(error.to_string(), "child `sub/c` is not running: restarting");
        // A test that returns the error prints it with `Debug`.
        assert_eq!(format!("{error:?}"), error.to_string());
    }
    root.terminate_child("a").await.unwrap();
    assert_eq!(text(testing::kill(&root, "a").await), "child `a` is not running: stopped");
    root.shutdown().await.unwrap();
    assert_eq!(text(testing::kill(&root, "a").await), "child `a` is not running: stopped");
}

#[tokio::test(start_paused = true)]
async fn a_child_cannot_wait_for_its_own_end() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let spec = ChildSpec::new("a");
    let root = Supervisor::new().build();
    let inside = root.clone();
    let child = spec.with_task(move |_ctx| {
        let (root, sender) = (inside.clone(), sender.lock().unwrap().take());
        async move {
            let error = testing::kill(&root, "a").await.unwrap_err();
            drop(sender.map(|sender| sender.send(error.to_string())));
            pending().await
        }
    });
    root.add_child(child).await.unwrap();
    let error = within("an answer", receiver).await.unwrap();
    assert!(error.contains("`a` cannot be waited for from a task of its own"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn any_handle_of_the_tree_can_be_used_and_paths_start_at_its_root() {
    supervision_tree! {
        App: one_for_one {
            sub: one_for_one { deep: one_for_one { idle: Always } },
            pool: simple_one_for_one { worker: Always = idle },
        }
    }
    async fn idle(ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
    let tree = App::start().await.unwrap();
    let worker = tree.pool().add_worker().await.unwrap();
    testing::kill(&tree, "sub/deep/idle").await.unwrap();
    testing::kill(tree.supervisor(), "sub/deep/idle").await.unwrap();
    testing::kill(tree.sub().deep(), "sub/deep/idle").await.unwrap();
    assert_eq!(testing::running(tree.sub(), "sub/deep/idle").await.unwrap(), 4);
    testing::fail(tree.pool(), worker.path(), "it fails").await.unwrap();
    assert_eq!(testing::running(&tree, "pool/#1").await.unwrap(), 2);
    // The watch of a part of the tree sees only the events of that part.
    let (mut part, mut whole) = (Watch::new(tree.sub()).within(SECOND), Watch::new(&tree));
    testing::kill(&tree, "pool/#1").await.unwrap();
    testing::kill(&tree, "sub/deep").await.unwrap();
    part.ended("pool/#1").await.unwrap_err();
    whole.ended("pool/#1").await.unwrap();
    whole.started("sub/deep/idle").await.unwrap();
    let nameless = supervision_tree! { one_for_one { idle: Always } }.start().await.unwrap();
    testing::kill(&nameless, "idle").await.unwrap();
    let error = testing::kill(&nameless, "sub/deep/idle").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no child `sub`");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_is_killed_with_all_below_it() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let _ = stage.log();
    testing::kill(&root, "sub").await.unwrap();
    testing::running(&root, "sub/c").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(stage.log(), "-b -c +b +c");
}

#[tokio::test]
async fn a_thread_is_asked_and_a_process_is_killed() {
    let sleeper = Blocking::new(|ctx: BlockingContext| {
        while !ctx.wait_for_shutdown(SECOND) {}
        Ok(())
    });
    let root = Supervisor::new()
        .with_child(ChildSpec::new("thread").with_blocking(sleeper))
        .with_child(ChildSpec::new("process").with_program(Program::new("sleep").arg("1000")))
        .build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    for path in ["thread", "process"] {
        let error = testing::hang(&root, path).await.unwrap_err();
        let wording = "cannot be made to hang: it is a thread or a process of its own";
        assert_eq!(error.to_string(), format!("child `{path}` {wording}"));
        within("the failure", testing::fail(&root, path, "it fails")).await.unwrap();
        event(&mut events, "its end", terminated(path)).await;
        event(&mut events, "its restart", restarted(path)).await;
        within("its second life", testing::running(&root, path)).await.unwrap();
    }
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_wait_in_vain_has_the_events_that_happened_instead() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let mut watch = Watch::new(&root).within(10 * SECOND);
    testing::kill(&root, "sub/b").await.unwrap();
    let began = Instant::now();
    let error = watch.restarted("a").await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(
        error.to_string(),
        "waited 10s in vain for the restart of `a`; this happened:\n  \
         sub/b: ended (life 1): killed\n  \
         sub/b: restarted (life 2; 2 restarts left)"
    );
    let Error::TimedOut(missing) = error else { unreachable!() };
    assert_eq!((missing.limit(), missing.seen().len()), (10 * SECOND, 2));
    // Events that were in one error are not in the next.
    let error = watch.until("a miracle", |_| false).await.unwrap_err();
    assert_eq!(error.to_string(), "waited 10s in vain for a miracle; nothing happened");
}

#[tokio::test(start_paused = true)]
async fn a_long_list_of_events_is_cut_at_its_beginning() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(stage.actor("a"))
        .build();
    within("the start", root.start()).await.unwrap();
    let mut watch = Watch::new(&root);
    for life in 1..=11 {
        assert_eq!(testing::running(&root, "a").await.unwrap(), life);
        testing::kill(&root, "a").await.unwrap();
    }
    let error = watch.ended("b").await.unwrap_err().to_string();
    assert!(error.contains("\n  … (2 more events)\n  a: ended (life 2)"), "{error}");
    assert_eq!(error.lines().count(), 22);
}

#[tokio::test(start_paused = true)]
async fn each_wait_goes_on_behind_the_last_one() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let mut watch = Watch::new(&root);
    for _ in 0..2 {
        testing::kill(&root, "a").await.unwrap();
    }
    for life in [2, 3] {
        let again = watch.restarted("a").await.unwrap();
        let EventKind::ChildRestarted { incarnation, .. } = again.kind() else { unreachable!() };
        assert_eq!(*incarnation, life);
        assert!(watch.seen().is_empty());
    }
    testing::kill(&root, "sub/b").await.unwrap();
    let within_a_second = tokio::time::timeout(SECOND, watch.started("sub/c")).await;
    assert!(within_a_second.is_err());
    assert_eq!(watch.seen().len(), 2, "a dropped wait has seen {:?}", watch.seen());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_comes_back_is_waited_for() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    testing::kill(&root, "sub/c").await.unwrap();
    let began = Instant::now();
    assert_eq!(testing::running(&root, "sub/c").await.unwrap(), 2);
    let waited = began.elapsed().as_secs();
    assert!((15..=30).contains(&waited), "{waited}");
    // The wait also covers a restart of the child's supervisor.
    testing::kill(&root, "sub").await.unwrap();
    assert_eq!(testing::running(&root, "sub/c").await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_come_back_is_waited_for_until_the_limit() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    root.terminate_child("a").await.unwrap();
    let began = Instant::now();
    let error = testing::running(&root, "a").await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 60);
    assert_eq!(
        error.to_string(),
        "waited 60s in vain for `a` to run (it is stopped); nothing happened"
    );
    let error = testing::running_within(&root, "a", SECOND).await.unwrap_err();
    assert!(error.to_string().starts_with("waited 1s in vain"), "{error}");
    let temporary = stage.actor("t").with_restart_policy(RestartPolicy::Temporary);
    root.add_child(temporary).await.unwrap();
    testing::kill(&root, "t").await.unwrap();
    let error = testing::running(&root, "t").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no child `t`");
    let ending = tokio::spawn({
        let root = root.clone();
        async move { testing::running(&root, "a").await }
    });
    tokio::time::sleep(SECOND).await;
    root.shutdown().await.unwrap();
    let error = within("an answer", ending).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Ended(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_finished_has_ended_normally_and_not_failed() {
    let stage = Stage::new();
    let transient = stage.actor("b").with_restart_policy(RestartPolicy::Transient);
    let root = Supervisor::new().with_child(stage.actor("a")).with_child(transient).build();
    within("the start", root.start()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut watch = Watch::new(&root);
    testing::finish(&root, "b").await.unwrap();
    let ended = watch.ended("b").await.unwrap();
    assert!(matches!(reason(&ended), ExitReason::Normal), "{ended}");
    let error = testing::finish(&root, "b").await.unwrap_err();
    assert!(matches!(error, Error::NotRunning(_, ChildState::Finished)), "{error}");
    // `Always` is restarted, which is no failure either.
    testing::finish(&root, "a").await.unwrap();
    assert_eq!(testing::running(&root, "a").await.unwrap(), 2);
    let stats = root.stats().await.unwrap();
    assert_eq!((stats.failures, stats.restarts), (0, 1));
    assert_eq!(stage.alive(), "a");
}

#[tokio::test(start_paused = true)]
async fn the_next_start_fails_once() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(ChildSpec::new("notifying").with_start(StartMode::Notify).with_task(
            async |mut ctx: Context| {
                ctx.ready();
                ctx.shutdown_requested().await;
                Ok(())
            },
        ))
        .with_child(stage.actor("a"))
        .build();
    within("the start", root.start()).await.unwrap();
    let mut watch = Watch::new(&root);
    testing::fail_next_start(&root, "notifying").await.unwrap();
    testing::kill(&root, "notifying").await.unwrap();
    let failed = |kind: &EventKind| matches!(kind, EventKind::ChildStartFailed { .. });
    let event = watch.until("the failed start", |event| failed(event.kind())).await.unwrap();
    assert_eq!(event.to_string(), "notifying: did not start: error: a test made the start fail");
    watch.restarted("notifying").await.unwrap();
    assert_eq!(testing::running(&root, "notifying").await.unwrap(), 3);
    // A child that is up once it is spawned has ended at once, without any of its code.
    testing::fail_next_start(&root, "a").await.unwrap();
    testing::kill(&root, "a").await.unwrap();
    watch.restarted("a").await.unwrap();
    watch.restarted("a").await.unwrap();
    testing::kill(&root, "a").await.unwrap();
    assert_eq!(testing::running(&root, "a").await.unwrap(), 4);
    let error = testing::fail_next_start(&root, "b").await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
}
