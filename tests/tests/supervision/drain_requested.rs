//! A child sees that its tree was asked to stop, while the tree drains.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor_tests::{quiet, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// The events that a child has seen, with the time since the start.
#[derive(Clone)]
struct Seen(Arc<Mutex<Vec<(&'static str, Duration)>>>, Instant);

impl Seen {
    fn new() -> Self {
        Self(Arc::default(), Instant::now())
    }

    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push((what, self.1.elapsed()));
    }

    fn all(&self) -> Vec<(&'static str, Duration)> {
        self.0.lock().unwrap().clone()
    }
}

/// Returns a child that notes when the drain and when its own stop are requested.
fn watcher(seen: &Seen) -> impl Fn(Context) -> WatcherFuture + Clone + use<> {
    let seen = seen.clone();
    move |ctx: Context| {
        let seen = seen.clone();
        Box::pin(async move {
            assert!(!ctx.is_drain_requested());
            ctx.drain_requested().await;
            assert!(ctx.is_drain_requested());
            seen.note("drain");
            ctx.shutdown_requested().await;
            // Whoever asks late gets an answer at once.
            ctx.drain_requested().await;
            seen.note("stop");
            Ok(())
        })
    }
}

type WatcherFuture = std::pin::Pin<Box<dyn Future<Output = ChildResult> + Send>>;

#[tokio::test(start_paused = true)]
async fn children_at_all_levels_see_the_drain_when_it_begins() {
    let (top, deep) = (Seen::new(), Seen::new());
    let nested = Supervisor::new().with_child(ChildSpec::new("deep").with_task(watcher(&deep)));
    let supervisor = Supervisor::new()
        .with_drain(5 * SECOND)
        .with_child(ChildSpec::new("top").with_task(watcher(&top)))
        .with_child(ChildSpec::new("nested").with_supervisor(nested.build()))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    sleep(SECOND).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    for seen in [top, deep] {
        assert_eq!(seen.all(), [("drain", SECOND), ("stop", 6 * SECOND)]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_drain_it_comes_with_the_stop_of_the_tree() {
    let seen = Seen::new();
    let slow = ChildSpec::new("slow").with_task(async |ctx: Context| {
        ctx.shutdown_requested().await;
        sleep(2 * SECOND).await;
        Ok(())
    });
    // `slow` stops first, and takes its time.
    let supervisor = Supervisor::new()
        .with_child(ChildSpec::new("first").with_task(watcher(&seen)))
        .with_child(slow)
        .build();
    within("the start", supervisor.start()).await.unwrap();
    sleep(SECOND).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(seen.all(), [("drain", SECOND), ("stop", 3 * SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_stopped_alone_waits_no_longer() {
    let seen = Seen::new();
    let supervisor = Supervisor::new()
        .with_drain(5 * SECOND)
        .with_child(ChildSpec::new("only").with_task(watcher(&seen)))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    sleep(SECOND).await;
    within("the termination", supervisor.terminate_child("only")).await.unwrap();
    assert_eq!(seen.all(), [("drain", SECOND), ("stop", SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn a_context_that_has_outlived_its_life_says_yes() {
    let kept: Arc<Mutex<Option<Context>>> = Arc::default();
    let keeps = ChildSpec::new("keeps").with_restart_policy(RestartPolicy::Temporary).with_task({
        let kept = Arc::clone(&kept);
        move |ctx: Context| {
            let kept = Arc::clone(&kept);
            async move {
                *kept.lock().unwrap() = Some(ctx);
                Ok(())
            }
        }
    });
    let supervisor = Supervisor::new().with_child(keeps).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let ctx = kept.lock().unwrap().take().expect("the child has run");
    assert!(ctx.is_drain_requested());
    within("the answer", ctx.drain_requested()).await;
    drop(supervisor);
}
