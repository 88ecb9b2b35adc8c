//! Tests that the health of many children is found in little time, and does not hold them up.

use std::time::{Duration, Instant};

use supervisor::prelude::*;
use supervisor::{MaxRestarts, StartMode};
use supervisor_tests::within;

const MANY: usize = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_children_are_looked_at_in_one_go() {
    let mut builder = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited);
    for number in 0..MANY {
        let child = ChildSpec::new(&number.to_string()).with_task(async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        });
        builder = builder.with_child(child);
    }
    let away = ChildSpec::new("away").with_start(StartMode::Retry);
    let supervisor =
        builder.with_child(away.with_task(async |_: Context| Err("it is away".into()))).build();
    within("the start", supervisor.start()).await.unwrap();
    let began = Instant::now();
    let health = within("the health", supervisor.health()).await;
    let took = began.elapsed();
    println!("the health of {MANY} children took {took:?}");
    assert_eq!((health.ready, health.reasons.len()), (false, 1), "{health}");
    // (A debug build on a busy machine; in a release build it is a few milliseconds.)
    assert!(took < Duration::from_secs(2), "{took:?}");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}
