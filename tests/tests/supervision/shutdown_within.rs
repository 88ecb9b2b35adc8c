//! Tests a shutdown that is cut short: by a time for the whole, and by a kill; and the clean-ups that
//! fail in it.

use std::future::pending;
use std::time::Duration;

use supervisor::events::EventKind;
use supervisor::info::ShutdownReport;
use supervisor::prelude::*;
use supervisor::{
    Backoff, Shutdown, StartMode, SupervisionStrategy, SupervisorBuilder, specs::Ready,
};
use supervisor_tests::{Order, Stage, event, quiet, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Returns a child that is asked to stop, notes it, and goes on for ever.
fn patient(stage: &Stage, name: &'static str) -> ChildSpec<Ready<ChildRef>> {
    let noted = stage.clone();
    let spec = stage.task(name, move |ctx| {
        let noted = noted.clone();
        async move {
            ctx.shutdown_requested().await;
            noted.note(format!("{name}?"));
            pending().await
        }
    });
    spec.with_shutdown(Shutdown::Infinity)
}

fn killed(report: &ShutdownReport) -> Vec<String> {
    report.killed().map(|(path, _)| path.to_string()).collect()
}

async fn up(supervisor: SupervisorBuilder) -> Supervisor {
    let supervisor = supervisor.build();
    within("the start", supervisor.start()).await.expect("it starts");
    quiet().await;
    supervisor
}

#[tokio::test(start_paused = true)]
async fn what_has_not_ended_when_the_time_is_over_is_killed_and_named() {
    let stage = Stage::new();
    let nested = Supervisor::new()
        .with_child(stage.actor("deep"))
        .with_child(patient(&stage, "patient"))
        .build();
    let root = up(Supervisor::new()
        .with_child(stage.actor("tidy"))
        .with_child(ChildSpec::new("nested").with_supervisor(nested)))
    .await;
    let mut events = root.events();
    let began = Instant::now();
    let report = within("the shutdown", root.shutdown_within(25 * SECOND)).await.expect("it runs");
    assert_eq!(began.elapsed(), 25 * SECOND);
    let mut names = killed(&report);
    names.sort_unstable();
    assert_eq!(names, ["nested/deep", "nested/patient", "tidy"]);
    assert_eq!(stage.log().matches('?').count(), 1, "the others were dropped, not asked");
    assert!(!report.is_clean());
    event(&mut events, "the end of the time", |event| {
        matches!(event.kind(), EventKind::ShutdownOutOfTime { after, .. } if *after == 25 * SECOND)
    })
    .await;
    within("the end", root.wait()).await.expect("it is a shutdown all the same");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_time_is_as_any_other() {
    let stage = Stage::new();
    let root = up(Supervisor::new().with_child(stage.actor("a"))).await;
    let mut events = root.events();
    let report = within("the shutdown", root.shutdown_within(SECOND)).await.expect("it runs");
    assert!(report.is_clean(), "{report}");
    while let Some(event) = within("an event", events.next()).await {
        assert!(!matches!(event.kind(), EventKind::ShutdownOutOfTime { .. }), "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_drain_is_a_part_of_the_time_for_the_whole() {
    let stage = Stage::new();
    let drain = 4 * SECOND;
    let root = up(Supervisor::new().with_child(patient(&stage, "a")).with_drain(drain)).await;
    let began = Instant::now();
    let report = within("the shutdown", root.shutdown_within(10 * SECOND)).await.expect("it runs");
    assert_eq!((began.elapsed(), killed(&report)), (10 * SECOND, vec!["a".to_owned()]));
    let (_, took) = report.killed().next().expect("one was killed");
    assert_eq!(took, 6 * SECOND, "its own time begins when it is asked");

    let root = up(Supervisor::new().with_child(patient(&stage, "a")).with_drain(drain)).await;
    let _ = stage.log();
    let began = Instant::now();
    let report = within("the shutdown", root.shutdown_within(SECOND)).await.expect("it runs");
    assert_eq!((began.elapsed(), killed(&report)), (SECOND, vec!["a".to_owned()]));
    assert_eq!(stage.log(), "-a", "there was no time left to ask it");
}

#[tokio::test(start_paused = true)]
async fn the_limit_stands_when_its_caller_gives_up_and_the_earliest_one_counts() {
    let stage = Stage::new();
    let root = up(Supervisor::new().with_child(patient(&stage, "a"))).await;
    let began = Instant::now();
    for total in [30, 10, 20] {
        let shutdown = root.shutdown_within(total * SECOND);
        assert!(tokio::time::timeout(SECOND, shutdown).await.is_err());
    }
    within("the end", root.wait()).await.expect("it is a shutdown all the same");
    assert_eq!(began.elapsed(), 11 * SECOND, "the second call came after a second");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_under_way_can_be_limited_and_killed() {
    let stage = Stage::new();
    for kills in [false, true] {
        let root = up(Supervisor::new().with_child(patient(&stage, "a"))).await;
        let first = tokio::spawn({
            let root = root.clone();
            async move { root.shutdown().await }
        });
        sleep(5 * SECOND).await;
        let began = Instant::now();
        let report = if kills {
            within("the kill", root.kill()).await
        } else {
            within("the shutdown", root.shutdown_within(3 * SECOND)).await
        };
        let took = if kills { Duration::ZERO } else { 3 * SECOND };
        assert_eq!((began.elapsed(), killed(&report.expect("it runs"))), (took, vec!["a".into()]));
        let report = within("the first call", first).await.expect("no panic").expect("it ran");
        assert_eq!(killed(&report), ["a"], "all callers have the same report");
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_asks_nobody_and_ends_a_drain_a_start_and_a_backoff() {
    let stage = Stage::new();
    let root = up(Supervisor::new().with_child(patient(&stage, "a")).with_drain(5 * SECOND)).await;
    let began = Instant::now();
    root.request_shutdown();
    let report = within("the kill", root.kill()).await.expect("it runs");
    assert_eq!((killed(&report), stage.log().as_str()), (vec!["a".to_owned()], "+a -a"));

    let never = stage.task("never", async |ctx: Context| {
        ctx.shutdown_requested().await;
        pending().await
    });
    let root = Supervisor::new().with_child(never.with_start(StartMode::Notify)).build();
    let start = tokio::spawn({
        let root = root.clone();
        async move { root.start().await }
    });
    quiet().await;
    within("the kill", root.kill()).await.expect("it runs");
    let start = within("the start", start).await.expect("no panic");
    assert!(matches!(start, Err(SupervisorError::ShuttingDown(_))), "{start:?}");

    let backoff = Backoff::constant(60 * SECOND);
    let root = up(Supervisor::new().with_restart_window(600 * SECOND)).await;
    let added = root.add_child(stage.actor("a").with_backoff(backoff));
    let actor = within("the child", added).await.expect("it is added");
    actor.send(Order::Fail).await.expect("it runs");
    quiet().await;
    within("the kill", root.kill()).await.expect("it runs");
    assert!(began.elapsed() < SECOND);

    let built = Supervisor::new().build();
    assert!(within("the kill", built.kill()).await.expect("it ends at once").is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_kill_in_the_middle_of_a_group_restart_brings_nobody_back() {
    let stage = Stage::new();
    let group = Supervisor::new().with_strategy(SupervisionStrategy::OneForAll);
    let root = up(group.with_child(patient(&stage, "patient"))).await;
    let added = within("the child", root.add_child(stage.actor("a"))).await;
    added.expect("it is added").send(Order::Fail).await.expect("it runs");
    quiet().await;
    assert_eq!(stage.log(), "+patient +a -a patient?");
    within("the kill", root.kill()).await.expect("it runs");
    assert_eq!(stage.log(), "-patient");
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_is_limited_and_killed_as_a_child_and_stays_down() {
    let stage = Stage::new();
    for kills in [false, true] {
        let nested = Supervisor::new().with_child(patient(&stage, "patient")).build();
        let root = up(Supervisor::new()
            .with_child(ChildSpec::new("nested").with_supervisor(nested.clone()))
            .with_child(stage.actor("sibling")))
        .await;
        let began = Instant::now();
        let report = if kills {
            within("the kill", nested.kill()).await
        } else {
            within("the shutdown", nested.shutdown_within(3 * SECOND)).await
        };
        assert_eq!(killed(&report.expect("it runs")), ["nested/patient"]);
        assert_eq!(began.elapsed(), if kills { Duration::ZERO } else { 3 * SECOND });
        sleep(SECOND).await;
        assert_eq!(stage.alive(), "sibling");
        within("the restart", root.restart_child("nested")).await.expect("its spec is kept");
        quiet().await;
        assert_eq!(stage.alive(), "patient sibling", "the limit was that life's");
        within("the kill", root.kill()).await.expect("it runs");
        let _ = stage.log();
    }
}

/// Returns a child that is up ten seconds after its beginning.
fn slow(stage: &Stage) -> ChildSpec<Ready<ChildRef>> {
    let spec = stage.task("slow", async |mut ctx: Context| {
        sleep(10 * SECOND).await;
        ctx.ready();
        ctx.shutdown_requested().await;
        Ok(())
    });
    spec.with_start(StartMode::Notify)
}

async fn stop_at_once_or_soon(
    supervisor: &Supervisor,
    kills: bool,
) -> Result<ShutdownReport, SupervisorError> {
    if kills {
        within("the kill", supervisor.kill()).await
    } else {
        within("the shutdown", supervisor.shutdown_within(SECOND)).await
    }
}

/// The parent is busy and carries the order out later: the limit holds for the life of that time.
#[tokio::test(start_paused = true)]
async fn the_limit_of_a_nested_supervisor_holds_for_a_life_that_is_still_to_begin() {
    for (kills, strategy) in [
        (false, SupervisionStrategy::OneForOne),
        (true, SupervisionStrategy::OneForOne),
        (false, SupervisionStrategy::OneForAll),
        (true, SupervisionStrategy::OneForAll),
    ] {
        let stage = Stage::new();
        let nested = Supervisor::new().with_child(patient(&stage, "patient")).build();
        let root = Supervisor::new()
            .with_strategy(strategy)
            .with_child(slow(&stage))
            .with_child(ChildSpec::new("nested").with_supervisor(nested.clone()))
            .build();
        let start = tokio::spawn({
            let root = root.clone();
            async move { root.start().await }
        });
        sleep(5 * SECOND).await;
        stop_at_once_or_soon(&nested, kills).await.expect("it is stopped");
        within("the start", start).await.expect("no panic").expect("it starts");
        assert_eq!(stage.alive(), "slow", "{strategy}");
        within("the kill", root.kill()).await.expect("it runs");
    }
}

/// The parent starts its other children. It does not take the end for a failure.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_nested_supervisor_while_its_parent_starts_is_no_failure() {
    for kills in [false, true] {
        let stage = Stage::new();
        let nested = Supervisor::new().with_child(patient(&stage, "patient")).build();
        let root = Supervisor::new()
            .with_max_restarts(0)
            .with_child(ChildSpec::new("nested").with_supervisor(nested.clone()))
            .with_child(slow(&stage))
            .build();
        let start = tokio::spawn({
            let root = root.clone();
            async move { root.start().await }
        });
        sleep(5 * SECOND).await;
        let began = Instant::now();
        let report = stop_at_once_or_soon(&nested, kills).await.expect("it is stopped");
        assert_eq!(killed(&report), ["nested/patient"]);
        assert_eq!(began.elapsed(), if kills { Duration::ZERO } else { SECOND });
        within("the start", start).await.expect("no panic").expect("it starts");
        assert_eq!(stage.alive(), "slow");
        within("the kill", root.kill()).await.expect("it runs");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_below_cannot_wait_for_its_own_kill() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let root = Supervisor::new().build();
    let own = root.clone();
    let spec = ChildSpec::new("a").with_task(move |_ctx: Context| {
        let (own, sender) = (own.clone(), sender.lock().expect("no panic").take());
        async move {
            let refused = (own.kill().await, own.shutdown_within(SECOND).await);
            if let Some(sender) = sender {
                let _ = sender.send(refused);
            }
            pending().await
        }
    });
    within("the child", root.add_child(spec)).await.expect("it is added");
    let (kill, shutdown) = within("the answers", receiver).await.expect("they come");
    assert!(matches!(kill, Err(SupervisorError::FromInside(_))), "{kill:?}");
    assert!(matches!(shutdown, Err(SupervisorError::FromInside(_))), "{shutdown:?}");
    within("the kill", root.kill()).await.expect("it runs");
}

#[tokio::test(start_paused = true)]
async fn the_report_names_the_clean_ups_that_failed() {
    let stage = Stage::new();
    let fails = |name| {
        stage.task(name, async |ctx: Context| {
            ctx.shutdown_requested().await;
            Err("no space left on device".into())
        })
    };
    let panics = stage.task("panics", async |ctx: Context| {
        ctx.shutdown_requested().await;
        panic!("in the clean-up")
    });
    let nested = Supervisor::new().with_child(fails("deep")).build();
    let root = up(Supervisor::new()
        .with_child(stage.actor("tidy"))
        .with_child(fails("flat"))
        .with_child(panics)
        .with_child(ChildSpec::new("nested").with_supervisor(nested)))
    .await;
    let report = within("the shutdown", root.shutdown()).await.expect("it runs");
    let failed: Vec<_> = report.failed().map(|(path, why)| format!("{path}: {why}")).collect();
    assert_eq!(failed[0], "nested/deep: error: no space left on device");
    assert!(failed[1].starts_with("panics: panic: in the clean-up"), "{failed:?}");
    assert_eq!(failed[2..], ["flat: error: no space left on device"]);
    assert!(!report.is_clean());
    let text = report.to_string();
    let line = "`flat` failed in its clean-up: error: no space left on device";
    assert!(text.ends_with(line), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_stop_and_one_that_was_not_asked_are_no_clean_ups() {
    let stage = Stage::new();
    let root = up(Supervisor::new().with_max_restarts(5)).await;
    let added = within("the child", root.add_child(stage.actor("early"))).await;
    added.expect("it is added").send(Order::Fail).await.expect("it runs");
    quiet().await;
    // Its sibling is being stopped when this child fails by itself.
    let fails = stage.task("not_asked", async |_: Context| {
        sleep(2 * SECOND).await;
        Err("by itself".into())
    });
    within("the child", root.add_child(fails)).await.expect("it is added");
    let slow = stage.task("slow", async |ctx: Context| {
        ctx.shutdown_requested().await;
        sleep(3 * SECOND).await;
        Ok(())
    });
    within("the child", root.add_child(slow)).await.expect("it is added");
    quiet().await;
    let report = within("the shutdown", root.shutdown()).await.expect("it runs");
    assert_eq!(report.failed().count(), 0, "{report}");
    assert!(report.is_clean());
}
