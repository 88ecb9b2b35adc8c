//! Tests the shutdown: children stop in reverse order, each by its own mode and within its own
//! time.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor_tests::{Stage, event, quiet, terminated, time_to_stop, within};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn children_stop_in_reverse_order_one_after_the_other() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(stage.stops_after("a", SECOND))
        .with_child(stage.stops_after("b", SECOND))
        .with_child(stage.stops_after("c", SECOND))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(began.elapsed(), 3 * SECOND);
    assert_eq!(stage.log(), "+a +b +c c? c! -c b? b! -b a? a! -a");
    assert!(report.is_clean());
    assert_eq!(report.to_string(), "all children stopped in time");
    within("the end", supervisor.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_child_that_takes_too_long_is_dropped_and_reported() {
    let stage = Stage::new();
    let spec = stage.stops_after("slow", 2 * SECOND).with_shutdown(SECOND);
    let (time, report) = time_to_stop(spec).await;
    assert_eq!((time, stage.log().as_str()), (SECOND, "+slow slow? -slow"));
    let killed: Vec<_> = report.killed().map(|(path, after)| (path.as_str(), after)).collect();
    assert_eq!((killed.as_slice(), report.is_clean()), ([("slow", SECOND)].as_slice(), false));
    assert_eq!(report.not_stopped().count(), 0);
    assert!(report.to_string().contains("`slow` had to be killed; it ended after 1s"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_stops_just_in_time_is_not_dropped() {
    let stage = Stage::new();
    let spec = stage.stops_after("slow", SECOND).with_shutdown(SECOND + Duration::from_millis(1));
    let (time, report) = time_to_stop(spec).await;
    assert_eq!((time, stage.log().as_str()), (SECOND, "+slow slow? slow! -slow"));
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_child_has_five_seconds_by_default() {
    let stage = Stage::new();
    let (time, report) = time_to_stop(stage.stops_after("slow", 60 * SECOND)).await;
    assert_eq!((time, report.killed().count()), (5 * SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn infinity_waits_as_long_as_it_takes() {
    let stage = Stage::new();
    let spec = stage.stops_after("slow", 3000 * SECOND).with_shutdown(Shutdown::Infinity);
    let (time, report) = time_to_stop(spec).await;
    assert_eq!((time, stage.log().as_str()), (3000 * SECOND, "+slow slow? slow! -slow"));
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn brutal_kill_does_not_ask_the_child() {
    let stage = Stage::new();
    let spec = stage.stops_after("a", SECOND).with_shutdown(Shutdown::BrutalKill);
    let (time, report) = time_to_stop(spec).await;
    assert_eq!((time, stage.log().as_str()), (Duration::ZERO, "+a -a"));
    assert!(report.is_clean(), "to be killed is what it is there for: {report}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_has_not_been_polled_is_dropped_at_once() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    let (start, report) = tokio::join!(supervisor.start(), supervisor.shutdown());
    report.unwrap();
    // The start may end before the shutdown or fail by it; no child is left in either case.
    let _ = start;
    quiet().await;
    assert_eq!(stage.alive(), "");
    within("the end", supervisor.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_error_during_the_stop_is_published_and_reported_and_changes_nothing_else() {
    let stage = Stage::new();
    let spec = stage.task("a", async |ctx: Context| {
        ctx.shutdown_requested().await;
        Err("could not save".into())
    });
    let supervisor = Supervisor::new().with_child(stage.actor("b")).with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    let failed: Vec<_> = report.failed().map(|(path, _)| path.as_str()).collect();
    assert_eq!((failed.as_slice(), report.killed().count()), (["a"].as_slice(), 0));
    within("the end", supervisor.wait()).await.unwrap();
    assert_eq!(stage.alive(), "");
    let ended = event(&mut events, "its end", terminated("a")).await;
    assert_eq!(ended.to_string(), "a: ended (life 1): error: could not save");
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_has_the_time_that_its_children_need() {
    let stage = Stage::new();
    let sub = Supervisor::new()
        .with_child(stage.stops_after("x", 30 * SECOND).with_shutdown(60 * SECOND))
        .with_child(stage.stops_after("y", 30 * SECOND).with_shutdown(60 * SECOND))
        .build();
    let supervisor =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!((began.elapsed(), report.is_clean()), (60 * SECOND, true));
    assert_eq!(stage.log(), "+x +y y? y! -y x? x! -x");
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_with_a_time_of_its_own_is_cut_short_with_all_below() {
    let stage = Stage::new();
    let sub = Supervisor::new().build();
    let spec = ChildSpec::new("sub").with_supervisor(sub.clone()).with_shutdown(10 * SECOND);
    let supervisor = Supervisor::new().with_child(stage.actor("a")).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    // Only children that are added later can need more time than their supervisor has: with
    // declared ones, it would not start.
    for name in ["x", "y"] {
        let spec = stage.stops_after(name, 30 * SECOND).with_shutdown(60 * SECOND);
        within("a child", sub.add_child(spec)).await.unwrap();
    }
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(began.elapsed(), 10 * SECOND);
    let killed: Vec<_> = report.killed().map(|(path, _)| path.as_str()).collect();
    assert_eq!((stage.alive().as_str(), killed.len()), ("", 3), "{killed:?}");
    let log = stage.log();
    assert!(log.starts_with("+a +x +y y? ") && log.ends_with(" -a"), "{log}");
    assert!(!log.contains('!'), "{log}");
}

#[tokio::test(start_paused = true)]
async fn request_shutdown_does_not_wait() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.stops_after("a", SECOND)).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    supervisor.request_shutdown();
    supervisor.request_shutdown();
    assert_eq!(stage.alive(), "a");
    within("the end", supervisor.wait()).await.unwrap();
    assert_eq!(stage.log(), "+a a? a! -a");
}
