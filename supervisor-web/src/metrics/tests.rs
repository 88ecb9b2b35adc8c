//! What the metrics say.

use supervisor::ChildOptions;
use supervisor::lease::Singleton;
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};

use super::*;

async fn waits(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// Returns the metrics of a tree.
async fn scrape(supervisor: &Supervisor) -> String {
    of(supervisor).await
}

fn has(text: &str, line: &str) {
    assert!(text.lines().any(|other| other == line), "no line `{line}` in:\n{text}");
}

#[tokio::test(start_paused = true)]
async fn children_supervisors_and_the_tree() {
    let pool = Supervisor::new()
        .with_strategy(SupervisionStrategy::SimpleOneForOne)
        .with_template(ChildSpec::new("session").with_task(waits))
        .build();
    let inner = Supervisor::new()
        .with_max_restarts(2)
        .with_child(ChildSpec::new("db").with_task(waits))
        .build();
    let supervisor = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(ChildSpec::new("inner").with_supervisor(inner))
        .with_child(ChildSpec::new("pool").with_supervisor(pool.clone()))
        .build();
    supervisor.start().await.expect("it starts");
    for _ in 0..3 {
        pool.add_worker().await.expect("a worker");
    }
    supervisor.lookup_any("inner/db").await.expect("it").kill().await.expect("it is killed");
    tokio::time::sleep(Duration::from_millis(1)).await;
    let text = scrape(&supervisor).await;
    has(&text, "supervisor_live 1");
    has(&text, "supervisor_ready 1");
    has(&text, r#"supervisor_children{supervisor="pool",state="running"} 3"#);
    has(&text, r#"supervisor_children{supervisor="inner",state="restarting"} 0"#);
    has(&text, r#"supervisor_restarts_total{supervisor="inner"} 1"#);
    has(&text, r#"supervisor_failures_total{supervisor="inner"} 1"#);
    has(&text, r#"supervisor_restarts_left{supervisor="inner"} 1"#);
    has(&text, r#"supervisor_max_restarts{supervisor="inner"} 2"#);
    has(&text, r#"supervisor_child_up{child="inner/db"} 1"#);
    has(&text, r#"supervisor_child_restarts_total{child="inner/db"} 1"#);
    has(&text, r#"supervisor_mailbox_messages{child="pool/*"} 0"#);
    let capacity = 3 * ChildOptions::MAILBOX;
    has(&text, &format!(r#"supervisor_mailbox_capacity{{child="pool/*"}} {capacity}"#));
    has(&text, "supervisor_left_out 0");
    assert!(!text.contains(r#"restarts_left{supervisor="/""#), "there is no limit");
    assert!(!text.contains('#') || !text.contains("pool/#"), "no worker has a label of its own");
    supervisor.shutdown().await.expect("it stops");
}

#[tokio::test]
async fn names_from_outside_stay_in_their_labels() {
    let name = "a\"} 1 evil{x=\"\\";
    let supervisor = Supervisor::new().with_child(ChildSpec::new(name).with_task(waits)).build();
    supervisor.start().await.expect("it starts");
    let text = scrape(&supervisor).await;
    has(&text, r#"supervisor_child_up{child="a\"} 1 evil{x=\"\\"} 1"#);
    let mut text = Text::new();
    text.family("metric", "gauge", "Help.").sample(&[("label", "a\nb\\n")], 1.0);
    has(&text.finish(), r#"metric{label="a\nb\\n"} 1"#);
}

#[tokio::test]
async fn too_many_children_are_counted_and_not_listed() {
    let mut builder = Supervisor::new();
    for number in 0..MOST_CHILDREN + 7 {
        builder = builder.with_child(ChildSpec::new(&format!("child{number}")).with_task(waits));
    }
    let supervisor = builder.build();
    supervisor.start().await.expect("it starts");
    let text = scrape(&supervisor).await;
    has(&text, "supervisor_left_out 7");
    assert_eq!(text.matches("supervisor_child_up{").count(), MOST_CHILDREN);
    has(
        &text,
        &format!(r#"supervisor_children{{supervisor="/",state="running"}} {}"#, MOST_CHILDREN + 7),
    );
}

/// A child that measures its messages.
#[derive(Child)]
#[child(message = u32, histograms)]
struct Measured;

impl Worker for Measured {
    async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
        while let Some(time) = ctx.recv().await {
            tokio::time::sleep(Duration::from_millis(time.into())).await;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_measures_has_histograms() {
    let spec = ChildSpec::new("clerk").with_worker(Measured);
    let clerk = spec.handle().clone();
    let supervisor = Supervisor::new()
        .with_child(spec)
        .with_child(ChildSpec::new("other").with_task(waits))
        .build();
    supervisor.start().await.expect("it starts");
    clerk.send(40).await.expect("it is sent");
    tokio::time::sleep(Duration::from_millis(1)).await;
    clerk.send(3).await.expect("it is sent");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let text = scrape(&supervisor).await;
    let [waiting, handling] = ["waiting", "handling"].map(|what| format!("message_{what}_seconds"));
    has(&text, &format!("# TYPE supervisor_{waiting} histogram"));
    has(&text, &format!(r#"supervisor_{waiting}_bucket{{child="clerk",le="0.00001"}} 1"#));
    has(&text, &format!(r#"supervisor_{waiting}_bucket{{child="clerk",le="0.025"}} 1"#));
    has(&text, &format!(r#"supervisor_{waiting}_bucket{{child="clerk",le="0.05"}} 2"#));
    has(&text, &format!(r#"supervisor_{waiting}_sum{{child="clerk"}} 0.039"#));
    has(&text, &format!(r#"supervisor_{handling}_bucket{{child="clerk",le="0.005"}} 1"#));
    has(&text, &format!(r#"supervisor_{handling}_bucket{{child="clerk",le="+Inf"}} 2"#));
    has(&text, &format!(r#"supervisor_{handling}_sum{{child="clerk"}} 0.043"#));
    has(&text, &format!(r#"supervisor_{handling}_count{{child="clerk"}} 2"#));
    assert!(!text.contains(r#"seconds_count{child="other""#));
    supervisor.shutdown().await.expect("it stops");
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_measures_has_one_histogram_for_all_its_workers() {
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Measured>("clerk"));
    let child = ChildSpec::new("pool").with_supervisor(pool.supervisor().clone());
    let supervisor = Supervisor::new().with_child(child).build();
    supervisor.start().await.expect("it starts");
    for time in [3, 40] {
        let clerk = pool.add_worker_with(Measured).await.expect("a worker");
        clerk.send(time).await.expect("it is sent");
        tokio::time::sleep(Duration::from_secs(1)).await;
        clerk.terminate().await.expect("it ends");
    }
    let text = scrape(&supervisor).await;
    let handling = "supervisor_message_handling_seconds";
    has(&text, &format!(r#"{handling}_bucket{{child="pool/*",le="0.005"}} 1"#));
    has(&text, &format!(r#"{handling}_sum{{child="pool/*"}} 0.043"#));
    has(&text, &format!(r#"{handling}_count{{child="pool/*"}} 2"#));
    assert!(!text.contains("pool/#"), "no worker has a label of its own");
    supervisor.shutdown().await.expect("it stops");
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_held_by_the_replica_that_leads() {
    let leases = MemoryLeases::new();
    let replica = |own: MemoryReplica| {
        let jobs = Singleton::new("jobs", own)
            .build(|_| Supervisor::new().with_child(ChildSpec::new("cron").with_task(waits)));
        Supervisor::new().with_child(ChildSpec::new("jobs").with_supervisor(jobs)).build()
    };
    let of_first = leases.replica();
    let (one, other) = (replica(of_first.clone()), replica(leases.replica()));
    for supervisor in [&one, &other] {
        supervisor.start().await.expect("it starts");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let labels = r#"{supervisor="jobs",lease="jobs"}"#;
    let (leads, stands_by) = (scrape(&one).await, scrape(&other).await);
    for (text, held, acquired) in [(&leads, 1, 1), (&stands_by, 0, 0)] {
        has(text, &format!("supervisor_lease_held{labels} {held}"));
        has(text, &format!("supervisor_lease_acquisitions_total{labels} {acquired}"));
        has(text, &format!("supervisor_lease_losses_total{labels} 0"));
        has(text, "supervisor_ready 1");
    }
    has(&leads, &format!("supervisor_lease_fence{labels} 1"));
    // 30 s less 1 %, less the half second by which the children end earlier, 2 ms ago.
    has(&leads, &format!("supervisor_lease_left_seconds{labels} 29.198"));
    assert!(!stands_by.contains("_fence{") && !stands_by.contains("_left_seconds{"), "{stands_by}");

    of_first.cut();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let text = scrape(&one).await;
    has(&text, &format!("supervisor_lease_held{labels} 0"));
    has(&text, &format!("supervisor_lease_losses_total{labels} 1"));
    has(&scrape(&other).await, &format!("supervisor_lease_held{labels} 1"));
    for supervisor in [one, other] {
        supervisor.shutdown().await.expect("it stops");
    }
}

#[tokio::test(start_paused = true)]
async fn the_slices_of_a_supervisor_are_added_up_with_those_below_it_in_between() {
    let inner = || Supervisor::new().with_child(ChildSpec::new("leaf").with_task(waits)).build();
    let mut many = Supervisor::new();
    for number in 0..1200 {
        let spec = ChildSpec::new(&format!("c{number}"));
        many = match number {
            100 | 800 => many.with_child(spec.with_supervisor(inner())),
            _ => many.with_child(spec.with_task(waits)),
        };
    }
    let supervisor = many.build();
    supervisor.start().await.expect("it starts");
    let text = scrape(&supervisor).await;
    has(&text, r#"supervisor_children{supervisor="/",state="running"} 1200"#);
    for inner in ["c100", "c800"] {
        has(&text, &format!(r#"supervisor_children{{supervisor="{inner}",state="running"}} 1"#));
    }
    supervisor.shutdown().await.expect("it stops");
}
