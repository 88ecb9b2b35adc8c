//! The dashboard for Grafana asks for metrics that there are.

#[path = "support/client.rs"]
mod client;

use client::{get, singleton, start, within};
use supervisor::testing::MemoryLeases;

#[tokio::test]
async fn the_dashboard_names_metrics_that_there_are() {
    let text = include_str!("../grafana.json");
    let dashboard: serde_json::Value = serde_json::from_str(text).unwrap();
    let (supervisor, at) = start(|web| web).await;
    let jobs = singleton("jobs", "jobs", MemoryLeases::new().replica());
    within("a singleton", supervisor.add_child(jobs)).await.unwrap();
    let metrics = get(at, "/metrics").await.body;
    let mut expressions = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let words =
                expression.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
            let names: Vec<_> = words.filter(|word| word.starts_with("supervisor_")).collect();
            assert!(!names.is_empty(), "{expression}");
            for name in names {
                // A histogram is asked for by its buckets.
                let name = name.trim_end_matches("_bucket");
                assert!(
                    metrics.contains(&format!("# TYPE {name} ")),
                    "there is no {name}: {expression}"
                );
            }
            expressions += 1;
        }
    }
    assert!(expressions >= 18);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}
