//! Two replicas of a service, one of which leads: what the API, the probes and the metrics tell.

#[path = "support/client.rs"]
mod client;

use std::net::SocketAddr;

use client::{ask, get, singleton, start, until, within};
use supervisor::Supervisor;
use supervisor::testing::{MemoryLeases, MemoryReplica};

/// Starts a replica whose child `billing` needs the lease `the bills`.
async fn replica(leases: &MemoryLeases) -> (Supervisor, SocketAddr, MemoryReplica) {
    let (supervisor, at) = start(|web| web).await;
    let own = leases.replica();
    let billing = singleton("billing", "the bills", own.clone());
    within("billing", supervisor.add_child(billing)).await.unwrap();
    (supervisor, at, own)
}

/// Returns the lease of the child `billing` in the tree of the API.
async fn lease(at: SocketAddr) -> serde_json::Value {
    let tree: serde_json::Value = serde_json::from_str(&get(at, "/api/tree").await.body).unwrap();
    let mut nodes = tree["nodes"].as_array().unwrap().iter();
    let billing = nodes.find(|node| node["name"] == "billing").expect("it was added");
    billing["lease"].clone()
}

async fn is(at: SocketAddr, state: &str) -> serde_json::Value {
    until(state, || async { lease(at).await["state"] == state }).await;
    lease(at).await
}

#[tokio::test]
async fn each_replica_tells_whether_it_leads() {
    let leases = MemoryLeases::new();
    let (one, first, own) = replica(&leases).await;
    let leads = is(first, "leading").await;
    let (other, second, _) = replica(&leases).await;
    let waits = is(second, "standby").await;
    assert_eq!((&leads["lease"], &leads["fence"]), (&"the bills".into(), &1.into()));
    assert_eq!((&leads["acquisitions"], &leads["losses"]), (&1.into(), &0.into()));
    assert!(leads["left_ms"].as_u64().is_some_and(|left| (1..30_000).contains(&left)), "{leads}");
    assert_eq!((&waits["fence"], &waits["left_ms"]), (&().into(), &().into()));

    // Both are ready, and say which one leads.
    let [leads, waits] = [get(first, "/readyz").await, get(second, "/readyz").await];
    assert_eq!((leads.status, waits.status), (200, 200));
    assert!(leads.body.starts_with("ready\n- billing: leading for "), "{}", leads.body);
    let standby = "ready\n- billing: standby: no lease `the bills`, for ";
    assert!(waits.body.starts_with(standby), "{}", waits.body);
    let waits = ask(second, "GET", "/readyz", "accept: application/json\r\n", "").await;
    let health: serde_json::Value = serde_json::from_str(&waits.body).unwrap();
    let lease = &health["leases"][0];
    assert_eq!((&lease["path"], &lease["state"]), (&"billing".into(), &"standby".into()));
    assert!(health["reasons"].as_array().is_some_and(Vec::is_empty), "a standby is well: {health}");

    for (at, held) in [(first, 1), (second, 0)] {
        let metrics = get(at, "/metrics").await.body;
        let labels = r#"{supervisor="billing",lease="the bills"}"#;
        let line = format!("supervisor_lease_held{labels} {held}\n");
        assert!(metrics.contains(&line), "no `{line}` in\n{metrics}");
    }

    // The first one loses the lease, since it hears nothing of the engine any more; the second one
    // takes over when the lease has ended.
    own.cut();
    is(second, "leading").await;
    let lost = is(first, "standby").await;
    assert_eq!((&lost["losses"], &lost["fence"]), (&1.into(), &1.into()));
    assert!(lost["last_loss_ms"].is_u64(), "{lost}");
    let health = get(first, "/readyz").await;
    assert!(health.status == 200 && health.body.contains("; it was lost "), "{}", health.body);
    for supervisor in [one, other] {
        within("the shutdown", supervisor.shutdown()).await.unwrap();
    }
}
