//! Tests `start = retry`: a child, or a nested supervisor, that is tried again until it is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Backoff, Escalate, StartMode, info::ChildState, specs::Ready};
use supervisor_tests::{Stage, event, quiet, restarted, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A child that fails to start until it is let in.
#[derive(Clone, Default)]
struct Door {
    is_open: Arc<AtomicU32>,
    attempts: Arc<AtomicU32>,
}

impl Door {
    fn child(&self, stage: &Stage, name: &str) -> ChildSpec<Ready<ChildRef<()>>> {
        let door = self.clone();
        stage.task(name, move |mut ctx: Context| {
            let door = door.clone();
            async move {
                door.attempts.fetch_add(1, Ordering::SeqCst);
                if door.is_open.load(Ordering::SeqCst) == 0 {
                    return Err("it is closed".into());
                }
                ctx.ready();
                ctx.shutdown_requested().await;
                Ok(())
            }
        })
    }

    fn open(&self) {
        self.is_open.store(1, Ordering::SeqCst);
    }

    fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_boot_fails_nothing_and_takes_no_restart() {
    for strategy in [
        SupervisionStrategy::OneForOne,
        SupervisionStrategy::OneForAll,
        SupervisionStrategy::RestForOne,
    ] {
        let (stage, door) = (Stage::new(), Door::default());
        let db = door.child(&stage, "db").with_start(StartMode::Retry);
        let db = db.with_backoff(Backoff::constant(SECOND));
        let handle = db.handle();
        let web = stage.actor("web");
        let (address, root) = (
            web.handle(),
            Supervisor::new()
                .with_strategy(strategy)
                .with_max_restarts(0)
                .with_child(db)
                .with_child(web)
                .build(),
        );
        let began = Instant::now();
        within("the start", root.start()).await.unwrap();
        assert!(began.elapsed() < SECOND / 10, "nobody waits");
        sleep(3600 * SECOND).await;
        assert!((3600..=7300).contains(&door.attempts()), "{}", door.attempts());
        assert!(!root.health().await.ready && root.health().await.live);
        let mut events = root.events();
        door.open();
        event(&mut events, "the end of the outage", restarted("db")).await;
        assert!(root.health().await.ready);
        assert_eq!(
            (handle.status(), address.incarnation()),
            (ChildState::Running, 1),
            "{strategy}"
        );
        assert_eq!(root.stats().await.unwrap().restarts, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_backoff_is_from_100_milliseconds_to_30_seconds() {
    let (stage, door) = (Stage::new(), Door::default());
    let spec = door.child(&stage, "db").with_start(StartMode::Retry);
    let root = Supervisor::new().with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    let spec = root.child_spec("db").await.unwrap();
    assert_eq!((spec.start, spec.backoff), (StartMode::Retry, Some(Backoff::RETRY)));
    sleep(60 * SECOND).await;
    assert!((9..=14).contains(&door.attempts()), "{}", door.attempts());
    let before = door.attempts();
    sleep(3600 * SECOND).await;
    assert!((120..=240).contains(&(door.attempts() - before)), "{}", door.attempts() - before);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_is_tried_until_its_children_have_started() {
    let (stage, door) = (Stage::new(), Door::default());
    let pool = door.child(&stage, "pool").with_start(StartMode::Notify);
    let storage = Supervisor::new().with_child(pool).with_child(stage.actor("cache")).build();
    let nested = storage.clone();
    let storage = ChildSpec::new("storage")
        .with_supervisor(storage)
        .with_start(StartMode::Retry)
        .with_backoff(Backoff::constant(SECOND));
    let root = Supervisor::new()
        .with_max_restarts(0)
        .with_child(storage)
        .with_child(stage.actor("web"))
        .build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.alive(), "web");
    let text = root.health().await.to_string();
    assert!(text.contains("not ready: storage is to be restarted, for"), "{text}");
    assert!(text.contains("failed to start `storage/pool`: error: it is closed"), "{text}");
    sleep(100 * SECOND).await;
    assert!((100..=210).contains(&door.attempts()), "{}", door.attempts());
    door.open();
    event(&mut events, "the end of the outage", restarted("storage")).await;
    assert_eq!(stage.alive(), "cache pool web");
    assert!(root.health().await.ready && nested.health().await.ready);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_and_a_dropped_context_are_failed_attempts() {
    let stage = Stage::new();
    let hangs = stage.task("hangs", async |ctx: Context| {
        match ctx.incarnation() {
            1 => std::future::pending().await,
            _ => drop(ctx),
        }
        std::future::pending().await
    });
    let hangs = hangs.with_start(StartMode::Retry).with_backoff(Backoff::constant(SECOND));
    let root = Supervisor::new().with_child(hangs.with_start_timeout(5 * SECOND)).build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    for text in ["not ready within 5s", "dropped its context before it was ready"] {
        let expected = format!("hangs: did not start: {text}");
        event(&mut events, text, |event| event.to_string() == expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_knows_better_gives_up() {
    let stage = Stage::new();
    let child = stage.task("db", async |_| Err(Escalate::because("no such user").into()));
    let root = Supervisor::new().with_child(child.with_start(StartMode::Retry)).build();
    let end = tokio::spawn({
        let root = root.clone();
        async move { root.wait().await }
    });
    within("the start", root.start()).await.unwrap();
    within("the end", end).await.unwrap().unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_an_attempt_and_a_wait_for_one() {
    for hangs in [true, false] {
        let stage = Stage::new();
        let child = stage.task("db", move |_: Context| async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Err("it is closed".into())
        });
        let root = Supervisor::new().with_child(child.with_start(StartMode::Retry)).build();
        within("the start", root.start()).await.unwrap();
        quiet().await;
        let began = Instant::now();
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        assert!(began.elapsed() < SECOND / 10 && report.is_clean(), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_is_refused() {
    let spec = ChildSpec::new("once")
        .with_task(async |_: Context| Ok(()))
        .with_restart_policy(RestartPolicy::Temporary);
    let root = Supervisor::new().with_child(spec.with_start(StartMode::Retry)).build();
    let error = within("the start", root.start()).await.unwrap_err();
    assert!(error.to_string().contains("its start is never tried again"), "{error}");
}
