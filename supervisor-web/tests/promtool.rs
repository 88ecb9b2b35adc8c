//! The metrics before Prometheus' own checker, `promtool check metrics`.
//!
//! Where `promtool` (Debian's package `prometheus`) is missing, the test says so; with
//! `PROMTOOL=required`, that is a failure.

#[path = "support/client.rs"]
mod client;

use std::io::Write;
use std::process::{Command, Stdio};

use client::{get, singleton, start, until, waits, within};
use supervisor::testing::MemoryLeases;

#[tokio::test]
async fn promtool_is_content() {
    let checker = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut checker) = checker else {
        assert!(std::env::var_os("PROMTOOL").is_none(), "promtool is missing");
        println!("SKIPPED: promtool is missing");
        return;
    };
    let (supervisor, at) = start(|web| web).await;
    supervisor.add_child(waits(r#"a name with "quotes" and \ and ü"#)).await.unwrap();
    supervisor.lookup_any("inner/db").await.unwrap().kill().await.unwrap();
    let jobs = singleton("jobs", r#"a "lease""#, MemoryLeases::new().replica());
    within("a singleton", supervisor.add_child(jobs)).await.unwrap();
    let held = r#"supervisor_lease_held{supervisor="jobs",lease="a \"lease\""} 1"#;
    until("the lease", || async { get(at, "/metrics").await.body.contains(held) }).await;
    let metrics = get(at, "/metrics").await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(metrics.body.contains(r#"supervisor_child_restarts_total{child="inner/db"} 1"#));
    assert!(metrics.body.contains("# TYPE supervisor_message_waiting_seconds histogram"));
    checker.stdin.take().unwrap().write_all(metrics.body.as_bytes()).unwrap();
    let verdict = checker.wait_with_output().unwrap();
    let said =
        [verdict.stdout, verdict.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(verdict.status.success() && said.concat().is_empty(), "{said:?}");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}
