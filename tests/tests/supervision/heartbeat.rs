//! Tests heartbeats: a child that gives no heartbeat is killed, and restarted by its policy.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    ExitReason,
    events::{EventKind, Events},
    specs::Ready,
};
use supervisor_tests::{Order, Stage, event, printed, restarted, started, terminated, within};
use tokio::time::{Instant, sleep};

const BEAT: Duration = Duration::from_secs(10);
const MILLI: Duration = Duration::from_millis(1);
/// One millisecond less than a beat.
const ALMOST: Duration = Duration::from_millis(9_999);

async fn start<H: Clone + Send + Sync + 'static>(
    spec: ChildSpec<Ready<H>>,
) -> (Supervisor, H, Events) {
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec.with_heartbeat(BEAT)).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the start", started("a")).await;
    (supervisor, child, events)
}

/// Waits until the child is killed for its silence and restarted, and returns how long that took.
async fn hangs(events: &mut Events) -> Duration {
    let began = Instant::now();
    let ended = event(events, "its end", terminated("a")).await;
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!() };
    assert!(matches!(reason, ExitReason::Hung(limit) if *limit == BEAT), "{reason}");
    assert_eq!(reason.to_string(), "no heartbeat within 10s");
    event(events, "its restart", restarted("a")).await;
    began.elapsed()
}

fn assert_about(time: Duration, expected: Duration) {
    assert!(time >= expected && time <= expected + 2 * MILLI, "{time:?}, not {expected:?}");
}

/// Checks that nothing happens to the child within this time.
async fn is_left_alone(events: &mut Events, time: Duration) {
    let _before = printed(events);
    sleep(time).await;
    assert_eq!(printed(events), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_hangs_is_killed_and_restarted() {
    let stage = Stage::new();
    let (supervisor, _child, mut events) =
        start(stage.task("a", async |_: Context| pending().await)).await;
    assert_about(hangs(&mut events).await, BEAT);
    assert_about(hangs(&mut events).await, BEAT);
    assert_eq!(supervisor.stats().await.unwrap().failures, 2);
    assert_eq!(stage.gauge("a").most(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_gives_signs_of_life_is_left_alone() {
    let stage = Stage::new();
    let (_supervisor, _child, mut events) = start(stage.task("a", async |ctx: Context| {
        for _ in 0..5 {
            ctx.heartbeat();
            sleep(ALMOST).await;
        }
        pending().await
    }))
    .await;
    let began = Instant::now();
    hangs(&mut events).await;
    assert_about(began.elapsed(), 4 * ALMOST + BEAT);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_message_counts_as_a_heartbeat() {
    let stage = Stage::new();
    let (_supervisor, child, mut events) = start(stage.actor("a")).await;
    is_left_alone(&mut events, 100 * BEAT).await;
    child.send(Order::Note(1)).await.unwrap();
    is_left_alone(&mut events, 100 * BEAT).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_too_long_is_a_hang() {
    let stage = Stage::new();
    let (_supervisor, child, mut events) = start(stage.actor("a")).await;
    sleep(BEAT / 2).await;
    child.send(Order::Hang).await.unwrap();
    let took = hangs(&mut events).await;
    assert!(took >= BEAT && took <= 2 * BEAT, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_no_longer_waits_for_messages_can_hang() {
    // The child waits for a message once, and is then busy: the earlier wait is no heartbeat.
    let stage = Stage::new();
    let (_supervisor, _child, mut events) = start(stage.task("a", async |mut ctx: Context| {
        tokio::select! {
            _ = ctx.recv() => {}
            () = sleep(BEAT) => {}
        }
        pending().await
    }))
    .await;
    let took = hangs(&mut events).await;
    assert!(took >= 2 * BEAT && took <= 3 * BEAT, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_context_of_an_earlier_life_gives_no_signs_for_the_next() {
    let stage = Stage::new();
    let (_supervisor, _child, mut events) = start(stage.task("a", async |ctx: Context| {
        if ctx.incarnation() == 1 {
            tokio::spawn(async move {
                loop {
                    ctx.heartbeat();
                    sleep(MILLI).await;
                }
            });
            return Err("the first".into());
        }
        pending().await
    }))
    .await;
    event(&mut events, "its second life", restarted("a")).await;
    assert_about(hangs(&mut events).await, BEAT);
}

#[tokio::test(start_paused = true)]
async fn without_a_heartbeat_no_child_is_killed_for_silence() {
    let stage = Stage::new();
    let supervisor =
        Supervisor::new().with_child(stage.task("a", async |_: Context| pending().await)).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    is_left_alone(&mut events, 1000 * BEAT).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_stops_in_order_is_not_killed_for_its_silence() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |ctx: Context| {
            let requested = ctx.shutdown_requested();
            let beats = async {
                loop {
                    ctx.heartbeat();
                    sleep(BEAT / 2).await;
                }
            };
            tokio::select! {
                () = requested => {}
                () = beats => {}
            }
            sleep(5 * BEAT).await;
            Ok(())
        })
        .with_shutdown(10 * BEAT);
    let (supervisor, _child, mut events) = start(spec).await;
    is_left_alone(&mut events, 3 * BEAT).await;
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!((began.elapsed(), report.is_clean()), (5 * BEAT, true));
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_that_hangs_is_forgotten() {
    let stage = Stage::new();
    let spec = stage
        .task("a", async |_: Context| pending().await)
        .with_restart_policy(RestartPolicy::Temporary);
    let (supervisor, _child, mut events) = start(spec).await;
    event(&mut events, "its end", terminated("a")).await;
    assert!(supervisor.which_children().await.unwrap().is_empty());
    assert_eq!(stage.alive(), "");
}

/// The child waits for its first message before its supervisor has read that it is ready.
#[tokio::test(start_paused = true)]
async fn a_child_that_waits_for_a_message_since_it_is_ready_is_left_alone() {
    let child = Stage::new().task("a", async |mut ctx: Context| {
        ctx.ready();
        while ctx.recv().await.is_some() {}
        Ok(())
    });
    let (_supervisor, _child, mut events) =
        start(child.with_start(supervisor::StartMode::Notify)).await;
    is_left_alone(&mut events, 10 * BEAT).await;
}
