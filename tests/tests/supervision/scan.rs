//! Tests a scan: that it sees each child once, whatever happens meanwhile, and that the supervisor goes
//! on with its work between two slices.

use std::collections::HashMap;

use supervisor::Order;
use supervisor::info::{ChildState, Scan};
use supervisor::prelude::*;
use supervisor_tests::within;

/// More children than one slice has.
const MANY: usize = 1500;

async fn waits(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

fn child(name: &str) -> ChildSpec<supervisor::specs::Ready<ChildRef>> {
    ChildSpec::new(name).with_task(waits)
}

async fn many() -> Supervisor {
    let nested = Supervisor::new().with_child(child("leaf")).build();
    let mut many = Supervisor::new().with_child(ChildSpec::new("nested").with_supervisor(nested));
    for number in 0..MANY {
        many = many.with_child(child(&format!("c{number}")));
    }
    let supervisor = many.build();
    within("the start", supervisor.start()).await.unwrap();
    supervisor
}

/// Counts how often each child is seen from here on.
async fn rest(scan: &mut Scan) -> HashMap<String, usize> {
    let mut seen = HashMap::new();
    while let Some(slice) = within("a slice", scan.next()).await {
        for child in slice.children() {
            *seen.entry(child.snapshot().path.to_string()).or_default() += 1;
        }
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn each_child_is_seen_once_with_what_a_snapshot_says() {
    let supervisor = many().await;
    let snapshot = within("the snapshot", supervisor.snapshot()).await.unwrap();
    let (mut scan, mut firsts, mut names) = (supervisor.scan(), Vec::new(), Vec::new());
    while let Some(slice) = within("a slice", scan.next()).await {
        assert!(slice.children().len() < MANY, "a slice is a part of many children");
        if slice.is_first() {
            firsts.push(slice.supervisor().path.to_string());
            assert_eq!(slice.supervisor().restarts_left, Some(3));
        }
        for child in slice.children() {
            let part = child.snapshot();
            assert_eq!((child.state(), part.state), (ChildState::Running, ChildState::Running));
            assert_eq!((child.queued(), child.capacity()), (part.queued, part.capacity));
            assert_eq!((child.longest_wait(), part.uptime.is_some()), (None, true));
            names.push(part.path.to_string());
        }
    }
    assert_eq!(firsts, ["/", "nested"]);
    let (below, own): (Vec<_>, Vec<_>) = names.into_iter().partition(|path| path.contains('/'));
    assert_eq!(below, ["nested/leaf"]);
    assert!(
        own.iter().eq(&snapshot
            .children
            .iter()
            .map(|child| child.path.to_string())
            .collect::<Vec<_>>())
    );
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn children_that_come_and_go_meanwhile_make_no_other_one_missed_or_seen_twice() {
    let supervisor = many().await;
    let mut scan = supervisor.scan();
    let slice = within("the first slice", scan.next()).await.unwrap();
    let before: Vec<_> = slice.children().map(|child| child.snapshot().name).collect();
    // The supervisor handles orders between two slices: children that were seen, or were not, go away,
    // and others take their places.
    for name in ["c3", "c4", "c1200", "c1201"] {
        let child = supervisor.lookup_any(name).await.unwrap();
        within("an end", child.terminate()).await.unwrap();
        within("a removal", supervisor.delete_child(name)).await.unwrap();
    }
    for number in 0..3 {
        within("a child", supervisor.add_child(child(&format!("new{number}")))).await.unwrap();
    }
    let mut seen = rest(&mut scan).await;
    for name in before {
        *seen.entry(name.into()).or_default() += 1;
    }
    for number in (0..MANY).filter(|number| !matches!(number, 3 | 4 | 1200 | 1201)) {
        assert_eq!(seen.get(&format!("c{number}")), Some(&1), "c{number}");
    }
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_is_dropped_while_it_waits_loses_no_slice() {
    let supervisor = many().await;
    let mut scan = supervisor.scan();
    let slice = within("the first slice", scan.next()).await.unwrap();
    let before = slice.children().len();
    for _ in 0..5 {
        // Polled once: it has yielded, or has asked.
        let once = tokio::time::timeout(std::time::Duration::ZERO, scan.next());
        if let Ok(slice) = once.await {
            let seen = slice.map_or(0, |slice| slice.children().len());
            let rest = rest(&mut scan).await;
            assert_eq!(before + seen + rest.len(), MANY + 2);
            return within("the shutdown", supervisor.shutdown()).await.map(drop).unwrap();
        }
    }
    assert_eq!(before + rest(&mut scan).await.len(), MANY + 2);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_restarted_or_does_not_run_ends_its_part() {
    let inner = {
        let mut inner = Supervisor::new();
        for number in 0..MANY {
            inner = inner.with_child(child(&format!("c{number}")));
        }
        inner.build()
    };
    let supervisor = Supervisor::new()
        .with_child(ChildSpec::new("inner").with_supervisor(inner))
        .with_child(child("last"))
        .build();
    let mut scan = supervisor.scan();
    let slice = within("the slice of a tree that is not started", scan.next()).await.unwrap();
    assert_eq!((slice.is_first(), slice.children().len()), (true, 0));
    assert_eq!(slice.supervisor().state, ChildState::NotStarted);
    assert!(within("the end", scan.next()).await.is_none());

    within("the start", supervisor.start()).await.unwrap();
    let mut scan = supervisor.scan();
    within("the root", scan.next()).await.unwrap();
    within("a part of `inner`", scan.next()).await.unwrap();
    let inner = supervisor.lookup_any("inner").await.unwrap();
    within("another life of `inner`", inner.restart()).await.unwrap();
    assert_eq!(rest(&mut scan).await.len(), 0, "the children of another life are not mixed in");
    within("the end of `inner`", inner.terminate()).await.unwrap();
    assert_eq!(rest(&mut supervisor.scan()).await.len(), 2);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_siblings_that_a_child_uses_are_those_of_a_snapshot() {
    let nested = Supervisor::new().with_child(child("leaf")).build();
    let mut many = Supervisor::new()
        .with_order(Order::ByUse)
        .with_child(child("db"))
        .with_child(ChildSpec::new("nested").with_supervisor(nested.clone()).with_after(["db"]));
    for number in 0..MANY {
        many = many.with_child(child(&format!("c{number}")).with_after(["db", "nested"]));
    }
    let supervisor = many.build();
    within("the start", supervisor.start()).await.unwrap();
    let (mut scan, mut uses) = (supervisor.scan(), HashMap::new());
    while let Some(slice) = within("a slice", scan.next()).await {
        if slice.supervisor().name == "nested" {
            assert_eq!(slice.supervisor().uses, ["db"], "a supervisor is a child, too");
        }
        for child in slice.children() {
            uses.insert(child.snapshot().name, child.snapshot().uses);
        }
    }
    let snapshot = within("the snapshot", supervisor.snapshot()).await.unwrap();
    for child in &snapshot.children {
        assert_eq!(uses[&child.name], child.uses, "{}", child.name);
    }
    assert_eq!(uses["c1499"], ["db", "nested"]);
    let part = within("a part of the tree", nested.snapshot()).await.unwrap();
    assert_eq!(part.uses, ["db"]);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}
