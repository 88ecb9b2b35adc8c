//! Testing your own tree: a test file to copy.
//!
//! What it shows: tokio's paused clock, on which minutes of backoff pass in no time; four ways to
//! bring a child down by its path; waits for the consequences, with a time limit and an error that
//! names the missing event; seeded chaos over a whole tree; and a fault matrix: each fault of each
//! child, at each moment, as a test of its own.
//!
//! How to run it: `cargo test --test testing_your_tree`. It prints:
//!
//! ```text
//! running 105 tests
//! test a_hung_child_is_found_by_its_heartbeat ... ok
//! test a_kill_is_survived ... ok
//! test a_wait_in_vain_says_what_happened_instead ... ok
//! test app::counter::error::calm ... ok
//! test app::counter::error::while_a_sibling_restarts ... ok
//! …
//! test failures_wait_longer_and_longer ... ok
//! test the_whole_tree_survives_chaos ... ok
//! test too_many_failures_restart_the_supervisor_above ... ok
//! test what_cannot_be_helped_ends_the_tree ... ok
//! ```
//!
//! In a project of your own:
//!
//! ```toml
//! [dev-dependencies]
//! # The same version as in your `[dependencies]`.
//! supervision-tree = { version = "0.1", features = ["test-util"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing::{self, Chaos, FaultMatrix, Moment, Watch};
use supervisor::{Escalate, Tree, events::EventKind};
use tokio::time::Instant;

// ----- the tree under test; in a program of yours, `use your_program::App` -----

supervision_tree! {
    /// A service that receives readings and counts them.
    App: one_for_one(max_restarts = 5, restart_window = 60s) {
        counter: Counter,
        inputs: rest_for_one(max_restarts = 3, restart_window = 30s) {
            link: Transient(backoff = 1s..8s) = connection,
            reader: Always(heartbeat = 10s) = move |ctx| read(ctx, counter.clone()),
        },
    }
}

enum Count {
    Add(u64),
    Total(Reply<u64>),
}

#[derive(Child, Default)]
#[child(message = Count)]
struct Counter;

impl Worker for Counter {
    async fn run(&self, mut ctx: Context<Count>) -> ChildResult {
        let mut total = 0;
        while let Some(message) = ctx.recv().await {
            match message {
                Count::Add(number) => total += number,
                Count::Total(reply) => drop(reply.send(total)),
            }
        }
        Ok(())
    }
}

async fn connection(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

async fn read(ctx: Context, counter: ChildRef<Count>) -> ChildResult {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        ctx.heartbeat();
        counter.send(Count::Add(1)).await?;
    }
}

// ----- the tests -----

type TestResult = Result<(), Box<dyn std::error::Error>>;

#[tokio::test(start_paused = true)]
async fn a_kill_is_survived() -> TestResult {
    let app = App::start().await?;
    testing::kill(&app, "counter").await?;
    // The counter runs its second life and counts from zero. Its address is still valid.
    assert_eq!(testing::running(&app, "counter").await?, 2);
    app.counter().send(Count::Add(7)).await?;
    assert_eq!(app.counter().ask(Count::Total).await?, 7);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn failures_wait_longer_and_longer() -> TestResult {
    let app = App::start().await?;
    let mut watch = Watch::new(&app);
    for seconds in [1, 2, 4] {
        let began = Instant::now();
        testing::fail(&app, "inputs/link", "connection lost").await?;
        watch.restarted("inputs/link").await?;
        let waited = began.elapsed();
        // A delay is drawn between half of the longest delay and the longest delay.
        let longest = Duration::from_secs(seconds);
        assert!(waited >= longest / 2 && waited <= longest, "{waited:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hung_child_is_found_by_its_heartbeat() -> TestResult {
    let app = App::start().await?;
    let mut watch = Watch::new(&app);
    testing::hang(&app, "inputs/reader").await?;
    let ended = watch.ended("inputs/reader").await?;
    assert_eq!(ended.to_string(), "inputs/reader: ended (life 1): no heartbeat within 10s");
    watch.restarted("inputs/reader").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_restart_the_supervisor_above() -> TestResult {
    let app = App::start().await?;
    let mut watch = Watch::new(&app);
    for _ in 0..4 {
        testing::running(&app, "inputs/reader").await?;
        testing::panic(&app, "inputs/reader", "index out of bounds").await?;
    }
    let gave_up = |kind: &EventKind| matches!(kind, EventKind::MaxRestartsExceeded { .. });
    watch.until("the supervisor to give up", |event| gave_up(event.kind())).await?;
    // (A supervisor is up when its children are. The event of its restart follows then.)
    watch.started("inputs/reader").await?;
    watch.restarted("inputs").await?;
    // The counter was not restarted.
    assert_eq!(app.counter().incarnation(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_helped_ends_the_tree() -> TestResult {
    let app = App::start().await?;
    testing::fail(&app, "counter", Escalate::because("the license has expired")).await?;
    let error = app.supervisor().wait().await.expect_err("the tree gives up");
    assert!(error.to_string().contains("`counter`: escalated: the license has expired"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_vain_says_what_happened_instead() -> TestResult {
    let app = App::start().await?;
    let mut watch = Watch::new(&app).within(Duration::from_secs(5));
    testing::kill(&app, "counter").await?;
    let error = watch.restarted("inputs").await.expect_err("nothing happens to it");
    assert_eq!(
        error.to_string(),
        "waited 5s in vain for the restart of `inputs`; this happened:\n  \
         counter: ended (life 1): killed\n  \
         counter: restarted (life 2; 4 restarts left)"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_whole_tree_survives_chaos() -> TestResult {
    for seed in 0..10 {
        let app = App::start().await?;
        // An error names the child that did not come back, the events before, and the seed.
        let report = Chaos::seed(seed).kills(50).run(&app).await?;
        assert_eq!(report.kills.len(), 50, "{report}");
        app.supervisor().shutdown().await?;
    }
    Ok(())
}

/// A test for each fault of each child, at each moment. Beside what follows from strategies and
/// policies, each checks that the counter answers.
#[testing::fault_matrix("counter", "inputs", "inputs/link", "inputs/reader")]
fn app() -> FaultMatrix<'static, Tree<App>> {
    testing::fault_matrix(App::tree).check(async |app: &App, _case| {
        app.counter().ask(Count::Total).await.map(drop).map_err(|error| error.to_string())
    })
}

/// The table of all consequences is committed, so that a change of a strategy, a policy or the
/// order of children is seen in the review.
#[tokio::test(start_paused = true)]
async fn the_consequences_of_faults_are_those_in_the_table() -> TestResult {
    let matrix = testing::fault_matrix(App::tree).only_moments([Moment::Calm]);
    matrix.matches("faults/testing_your_tree.txt").await?;
    Ok(())
}
