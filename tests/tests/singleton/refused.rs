//! What cannot be put below a lease.

use supervisor::SupervisorBuilder;
use supervisor::lease::Singleton;
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use supervisor_tests::{event, quiet, within};

use super::SECOND;

/// Returns a running supervisor with a child.
async fn running() -> Supervisor {
    let child = ChildSpec::new("child").with_task(async |ctx: Context| {
        ctx.shutdown_requested().await;
        Ok(())
    });
    let running = Supervisor::new().with_child(child).build();
    within("the start", running.start()).await.unwrap();
    running
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_runs_is_not_put_below_a_lease() {
    let words = "a supervisor that runs already cannot be put below a lease";
    let below = |name: &str, supervisor: &Supervisor| {
        ChildSpec::new(name).with_supervisor(supervisor.clone())
    };
    // As a part of what the singleton is built with, at any depth.
    let first = running().await;
    let billing = Singleton::new("billing", MemoryLeases::new().replica()).build(|_| {
        let between = Supervisor::new().with_child(below("first", &first)).build();
        Supervisor::new().with_child(below("between", &between))
    });
    let error = within("a refusal", billing.start()).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");

    // Added later: itself, or below one that does not run yet.
    let inner = Supervisor::new().build();
    let leases = MemoryLeases::new();
    let billing = Singleton::new("billing", leases.replica())
        .build(|_| Supervisor::new().with_child(below("inner", &inner)));
    within("the start", billing.start()).await.unwrap();
    quiet().await;
    let second = running().await;
    let mut events = second.events();
    let error = within("a refusal", inner.add_child(below("second", &second))).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    let third = running().await;
    let between = Supervisor::new().with_child(below("third", &third)).build();
    let error = within("a refusal", inner.add_child(below("between", &between))).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");

    // What was refused is a root as before, with its subscribers, and can come under another parent.
    assert_eq!(second.path().as_str(), "/");
    let root = Supervisor::new().build();
    within("the start", root.start()).await.unwrap();
    within("the adoption", root.add_child(below("second", &second))).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
    event(&mut events, "the end", |event| event.path().as_str() == "second/child").await;
    // One that does not run yet is welcome.
    let fourth = Supervisor::new().build();
    within("a child", inner.add_child(below("fourth", &fourth))).await.unwrap();
    within("the shutdown", billing.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_below_a_lease_is_refused() {
    let words = "has a lease, below a supervisor that has one";
    let leases = MemoryLeases::new();
    let singleton = |name: &str, children: SupervisorBuilder| {
        Singleton::new(name, leases.replica()).build_children(children)
    };
    let below = |name: &str, supervisor: &Supervisor| {
        ChildSpec::new(name).with_supervisor(supervisor.clone())
    };
    let reports = singleton("reports", Supervisor::new());
    let between = Supervisor::new().with_child(below("reports", &reports)).build();
    let billing = singleton("billing", Supervisor::new().with_child(below("between", &between)));
    let error = within("a refusal", billing.start()).await.unwrap_err().to_string();
    assert!(error.contains(&format!("`reports` {words}")), "{error}");

    // Added later.
    let inner = Supervisor::new().build();
    let billing = singleton("billing", Supervisor::new().with_child(below("inner", &inner)));
    within("the start", billing.start()).await.unwrap();
    quiet().await;
    let late = singleton("late", Supervisor::new());
    let error = within("a refusal", inner.add_child(below("late", &late))).await.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    // Beside the lease is no room.
    let error = within("a refusal", billing.add_child(below("late", &late))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::MaxChildren(..)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_shorter_than_the_stop_of_what_it_guards_is_refused() {
    let error = |singleton: Singleton<MemoryReplica>, shutdown: Shutdown| async move {
        let billing = singleton.build(|_| {
            let cron = ChildSpec::new("cron").with_task(async |_: Context| Ok(()));
            Supervisor::new().with_child(cron.with_shutdown(shutdown))
        });
        let billing = ChildSpec::new("billing").with_supervisor(billing);
        let root = Supervisor::new().with_child(billing).build();
        within("the start", root.start()).await.map_err(|error| error.to_string())
    };
    let singleton = || Singleton::new("billing", MemoryLeases::new().replica());
    assert_eq!(error(singleton(), Shutdown::Timeout(5 * SECOND)).await, Ok(()));
    let limit = Shutdown::Timeout(23 * SECOND);
    assert_eq!(error(singleton(), limit).await, Ok(()), "29.5 s of 29.7 s");
    let text = error(singleton(), Shutdown::Timeout(24 * SECOND)).await.unwrap_err();
    let arithmetic = "lease `billing`: a lease of 30s may end before its children: 24s to stop them \
        + 1s kill_grace + 5s renew + 500ms margin = 30.5s";
    assert!(text.contains(arithmetic), "{text}");
    let text = error(singleton(), Shutdown::Infinity).await.unwrap_err();
    assert!(text.contains("lease `billing`: `cron` may take any time to stop"), "{text}");
    // The singleton can limit what its children do not.
    let limited = singleton().with_shutdown(10 * SECOND);
    assert_eq!(error(limited, Shutdown::Infinity).await, Ok(()));
}
