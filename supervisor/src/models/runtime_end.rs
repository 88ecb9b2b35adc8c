//! Models of the end of the runtime, which takes all tasks away, in any order, at any moment.

use std::sync::Arc;

use shuttle::future::block_on;

use super::check::{Time, check};
use super::stage::{Actor, Counts, Order, join, patient, spawn, watched};
use crate::sync::model::runtime;
use crate::{ChildSpec, Supervisor};

/// The runtime goes away while others call, send and wait.
///
/// Nobody waits for ever, no life goes on, every message is dropped once, and nothing is left behind.
fn gone(time: Time) {
    check(time, move || {
        let counts = Counts::new();
        let spec = Actor::new(&counts).named("child").with_mailbox(1);
        let child = spec.handle();
        let nested = watched(Supervisor::new().with_max_restarts(1).with_child(spec).build());
        let spec = ChildSpec::new("nested").with_supervisor(nested.clone());
        let root = watched(patient().with_child(spec).build());
        block_on(root.start()).unwrap();
        let mut threads = Vec::new();
        let killed = child.clone();
        threads.push(spawn(async move { drop(killed.kill().await) }));
        let (sends, counted) = (child.clone(), Arc::clone(&counts));
        threads.push(spawn(async move {
            for _ in 0..3 {
                let _ = sends.send(Order::Take(counted.token())).await;
            }
        }));
        let asks = child.clone();
        threads.push(spawn(async move { drop(asks.ask(Order::Answer).await) }));
        let stops = nested.clone();
        threads.push(spawn(async move { drop(stops.shutdown().await) }));
        let (adds, added) = (nested.clone(), Actor::new(&counts).named("added"));
        threads.push(spawn(async move { drop(adds.add_child(added).await) }));
        let waits = root.clone();
        threads.push(spawn(async move {
            let _ = waits.snapshot().await;
            let _ = waits.wait().await;
        }));
        runtime::shut_down();
        join(threads);
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
        let _ = block_on(root.shutdown());
        let _ = block_on(nested.wait());
        drop((root, nested, child));
        counts.assert_all_dropped();
    });
}

#[test]
fn gone_under_a_tree() {
    gone(Time::StandsStill);
}

#[test]
fn gone_under_a_tree_while_time_passes() {
    gone(Time::Passes);
}

/// The runtime goes away while a tree starts.
///
/// The start returns, with an error if not all children were up, and nothing is left behind.
#[test]
fn gone_under_a_start() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let late = Actor::late(&counts).named("late").with_start(crate::StartMode::Notify);
        let next = Actor::new(&counts).named("next");
        let root = watched(patient().with_child(late).with_child(next).build());
        let starts = root.clone();
        let starting = spawn(async move { starts.start().await });
        let waits = root.clone();
        let waiting = spawn(async move { waits.shutdown().await });
        runtime::shut_down();
        let _ = starting.join().unwrap();
        let _ = waiting.join().unwrap();
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
        drop(root);
    });
}
