//! A server in a process that runs out of file descriptors: `tests/servers/limits.rs` starts it.

use std::fs::File;

use axum::Router;
use axum::routing::get;
use supervisor::health::HealthProblem;
use supervisor_hyper_tests::{Client, lower_file_limit, start, within};

fn main() {
    lower_file_limit(40);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(run_out_of_descriptors());
    println!("served again");
}

async fn run_out_of_descriptors() {
    let answer = Some((200, "hello".to_owned()));
    let (web, address) = start(Router::new().route("/", get(async || "hello"))).await;
    let mut waiting = Client::new(address).await;
    assert_eq!(waiting.get("/").await, answer);
    let mut changes = web.supervisor().health_changes();
    // One descriptor is left, for the client's end of the next connection.
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    hoard.pop();
    let mut refused = Client::new(address).await;
    refused.ask("/").await;
    let degraded = within("the server is degraded", async {
        loop {
            let health = changes.next().await.expect("the tree runs");
            let degraded = health.reasons.iter().any(|reason| {
                matches!(&reason.problem, HealthProblem::Degraded(why) if why.contains("cannot accept"))
            });
            if degraded {
                return health;
            }
        }
    })
    .await;
    assert!(degraded.ready, "{degraded}");
    // A connection that is served already stays served.
    assert_eq!(waiting.get("/").await, answer);
    drop(hoard);
    assert_eq!(refused.response().await, answer);
    within("the server is well", async {
        while changes.next().await.expect("the tree runs").reasons.iter().len() > 0 {}
    })
    .await;
    assert_eq!(web.server().incarnation(), 1, "the server has not failed");
}
