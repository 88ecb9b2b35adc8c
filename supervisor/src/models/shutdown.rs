//! Models of the shutdown, which meets a start, failures, other calls, and other shutdowns.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use shuttle::future::block_on;

use super::check::{Time, check};
use super::stage::{Actor, Counts, Order, join, patient, spawn, watched};
use crate::messages::TrySendError;
use crate::sync::model::runtime;
use crate::{ChildSpec, Supervisor};

/// Polls the future a few times, and drops it.
async fn give_up<F: Future>(future: F) {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        if polls == 3 || future.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A tree is started, and shut down by several callers, of which one gives up; a child is added and
/// another one is killed; the nested supervisor is shut down and waited for by itself.
///
/// Every caller is answered, in whatever order the calls come. At the end no life goes on, and nothing
/// is left behind.
fn races(time: Time) {
    check(time, move || {
        let counts = Counts::new();
        let spec = Actor::new(&counts).named("child");
        let child = spec.handle();
        let nested = watched(Supervisor::new().with_max_restarts(1).with_child(spec).build());
        let spec = ChildSpec::new("nested").with_supervisor(nested.clone());
        let root = watched(patient().with_child(spec).build());
        let mut threads = Vec::new();
        let starts = root.clone();
        threads.push(spawn(async move { drop(starts.start().await) }));
        for _ in 0..2 {
            let stops = root.clone();
            threads.push(spawn(async move { drop(stops.shutdown().await) }));
        }
        let leaves = root.clone();
        threads.push(spawn(async move { give_up(leaves.shutdown()).await }));
        let (adds, late) = (root.clone(), Actor::new(&counts).named("late"));
        threads.push(spawn(async move { drop(adds.add_child(late).await) }));
        let killed = child.clone();
        threads.push(spawn(async move {
            let _ = killed.kill().await;
            let _ = killed.kill().await;
        }));
        let stops = nested.clone();
        threads.push(spawn(async move { drop(stops.shutdown().await) }));
        let waits = nested.clone();
        threads.push(spawn(async move { drop(waits.wait().await) }));
        let waits = root.clone();
        threads.push(spawn(async move { drop(waits.wait().await) }));
        join(threads);
        drop((root, nested, child));
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
    });
}

#[test]
fn races_with_all_calls() {
    races(Time::StandsStill);
}

#[test]
fn races_with_all_calls_while_time_passes() {
    races(Time::Passes);
}

/// A parent terminates, restarts and deletes a nested supervisor, whose child is killed until the
/// nested supervisor gives up, while others add to it, look at it, and shut it down.
///
/// Every caller is answered. After the shutdown of the root no life goes on.
#[test]
fn calls_to_a_nested_supervisor() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let spec = Actor::new(&counts).named("child").with_mailbox(2);
        let child = spec.handle();
        let nested = watched(Supervisor::new().with_max_restarts(0).with_child(spec).build());
        let spec = ChildSpec::new("nested").with_supervisor(nested.clone());
        let root = watched(Supervisor::new().with_max_restarts(1).with_child(spec).build());
        block_on(root.start()).unwrap();
        let mut threads = Vec::new();
        let parent = root.clone();
        threads.push(spawn(async move {
            let _ = parent.terminate_child("nested").await;
            let _ = parent.restart_child("nested").await;
            let _ = parent.terminate_child("nested").await;
            let _ = parent.delete_child("nested").await;
        }));
        let killed = child.clone();
        threads.push(spawn(async move {
            let _ = killed.kill().await;
            let _ = killed.terminate().await;
        }));
        let stops = nested.clone();
        threads.push(spawn(async move { drop(stops.shutdown().await) }));
        let (adds, added) = (nested.clone(), Actor::deaf(&counts).named("added"));
        threads.push(spawn(async move {
            let _ = adds.add_child(added).await;
            let _ = adds.snapshot().await;
        }));
        let (sends, counted) = (child.clone(), Arc::clone(&counts));
        threads.push(spawn(async move {
            for _ in 0..3 {
                let _ = sends.send(Order::Take(counted.token())).await;
            }
        }));
        join(threads);
        let _ = block_on(root.shutdown());
        let _ = block_on(root.wait());
        assert_eq!(counts.alive(), 0, "no life goes on");
        let sent = child.try_send(Order::Fail);
        assert!(matches!(sent, Err(TrySendError::Gone(_))), "{:?}", child.status());
        drop((root, nested, child));
        runtime::join();
        counts.assert_all_dropped();
    });
}

/// The last handle of a tree is dropped while a child fails, and while a child that was asked to stop
/// ends by itself.
///
/// The tree shuts down by itself, and nothing of it is left behind.
#[test]
fn the_last_handle_is_dropped() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let (first, second) =
            (Actor::new(&counts).named("first"), Actor::deaf(&counts).named("second"));
        let child = first.handle();
        let root = watched(patient().with_child(first).with_child(second).build());
        block_on(root.start()).unwrap();
        let sends = spawn(async move {
            let _ = child.send(Order::Fail).await;
            let _ = child.send(Order::End).await;
        });
        drop(root);
        sends.join().unwrap();
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
    });
}

/// A child that never looks at its shutdown signal, and one that does, are stopped while time passes
/// at any moment.
///
/// The shutdown is answered whatever is late, and both lives end, at the latest soon after it: a life
/// that counts as one that could not be stopped is dropped all the same.
#[test]
fn deaf_children_while_time_passes() {
    check(Time::Passes, || {
        let counts = Counts::new();
        let (deaf, hears) =
            (Actor::deaf(&counts).named("deaf"), Actor::new(&counts).named("hears"));
        let (first, second) = (deaf.handle(), hears.handle());
        let root = watched(patient().with_child(deaf).with_child(hears).build());
        block_on(root.start()).unwrap();
        let restarts = spawn(async move { drop(first.restart().await) });
        let fails = spawn(async move { drop(second.send(Order::Fail).await) });
        let _ = block_on(root.shutdown());
        join([restarts, fails]);
        drop(root);
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
    });
}
