//! Models of whole trees: a supervisor of each strategy, its children, and all that can happen to
//! them at once.

use std::sync::Arc;
use std::time::Duration;

use shuttle::future::block_on;

use super::check::{Time, check};
use super::stage::{Actor, Counts, Order, join, patient, spawn, watched};
use crate::messages::{AskError, TrySendError};
use crate::pool;
use crate::sync::model::runtime;
use crate::{
    Backoff, ChildRef, ChildSpec, Pool, RestartPolicy, StartMode, SupervisionStrategy, Supervisor,
    SupervisorError,
};

#[derive(Clone, Copy)]
struct Tree {
    strategy: SupervisionStrategy,
    time: Time,
    /// The children report that they are up.
    is_late: bool,
    /// The supervisor is the child of another one.
    is_nested: bool,
}

/// Two children, to which senders send messages and failures, of which one is killed and the other
/// restarted from outside, while a third task looks at the tree; then the shutdown.
///
/// Two lives of a child never run at once. Every caller and sender is answered. After the shutdown no
/// life goes on, the addresses lead nowhere, and every message was dropped, once. Neither slots nor
/// supervisors are left behind. While time stands still, nothing is killed for being late.
fn everything(tree: Tree) {
    check(tree.time, move || {
        let counts = Counts::new();
        let mut builder = patient().with_strategy(tree.strategy);
        let mut children = Vec::new();
        for name in ["first", "second"] {
            let actor = if tree.is_late { Actor::late(&counts) } else { Actor::new(&counts) };
            let mut spec = actor.named(name).with_mailbox(2);
            if tree.is_late {
                spec = spec.with_start(StartMode::Notify).with_start_timeout(Duration::MAX);
            }
            children.push(spec.handle());
            builder = builder.with_child(spec);
        }
        let mut supervisor = watched(builder.build());
        if tree.is_nested {
            let spec = ChildSpec::new("nested").with_supervisor(supervisor);
            supervisor = watched(patient().with_child(spec).build());
        }
        block_on(supervisor.start()).unwrap();
        let mut threads = Vec::new();
        for child in children.clone() {
            let counts = Arc::clone(&counts);
            threads.push(spawn(async move {
                let _ = child.send(Order::Take(counts.token())).await;
                let _ = child.send(Order::Fail).await;
                let _ = child.send(Order::Take(counts.token())).await;
            }));
        }
        let (first, second) = (children[0].clone(), children[1].clone());
        threads.push(spawn(async move { drop(first.kill().await) }));
        threads.push(spawn(async move { drop(second.restart().await) }));
        let looks = supervisor.clone();
        threads.push(spawn(async move { drop(looks.snapshot().await) }));
        join(threads);
        let report = block_on(supervisor.shutdown());
        // While time passes at any moment, a life may end too late for its supervisor.
        if tree.time == Time::StandsStill {
            let report = report.expect("it never gives up");
            // (A child that takes its order to fail while it is asked to stop fails in its clean-up.)
            let late = report.killed().chain(report.not_stopped()).count();
            assert_eq!(late, 0, "{report}");
            assert_eq!(counts.alive(), 0, "no life goes on");
        }
        for child in &children {
            let sent = child.try_send(Order::Fail);
            assert!(matches!(sent, Err(TrySendError::Gone(_))), "{:?}", child.status());
        }
        drop((supervisor, children));
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
        counts.assert_all_dropped();
    });
}

const PLAIN: Tree = Tree {
    strategy: SupervisionStrategy::OneForOne,
    time: Time::StandsStill,
    is_late: false,
    is_nested: false,
};

#[test]
fn one_for_one() {
    everything(PLAIN);
}

#[test]
fn one_for_one_while_time_passes() {
    everything(Tree { time: Time::Passes, is_late: true, ..PLAIN });
}

#[test]
fn one_for_all() {
    everything(Tree { strategy: SupervisionStrategy::OneForAll, ..PLAIN });
}

#[test]
fn one_for_all_while_time_passes() {
    let strategy = SupervisionStrategy::OneForAll;
    everything(Tree { strategy, time: Time::Passes, is_late: true, ..PLAIN });
}

#[test]
fn rest_for_one() {
    everything(Tree { strategy: SupervisionStrategy::RestForOne, is_late: true, ..PLAIN });
}

#[test]
fn rest_for_one_while_time_passes() {
    everything(Tree { strategy: SupervisionStrategy::RestForOne, time: Time::Passes, ..PLAIN });
}

#[test]
fn nested() {
    everything(Tree { strategy: SupervisionStrategy::OneForAll, is_nested: true, ..PLAIN });
}

#[test]
fn nested_while_time_passes() {
    everything(Tree { time: Time::Passes, is_nested: true, ..PLAIN });
}

/// Workers of a pool are added, fail, are terminated and killed, and the pool is shut down meanwhile.
///
/// Every caller is answered. A worker that was refused never ran, or has ended. At the end no life
/// goes on, and no slot is left behind: also that of a worker that is gone before the pool.
fn pool(time: Time) {
    check(time, move || {
        let counts = Counts::new();
        let template =
            ChildSpec::per_worker::<Actor>("worker").with_restart_policy(RestartPolicy::Transient);
        let pool: Pool<Actor, pool::PerWorker> = patient().build_pool(template);
        let supervisor = watched(pool.supervisor().clone());
        block_on(supervisor.start()).unwrap();
        let add = |order: fn(ChildRef<Order>) -> Order| {
            let (pool, counts) = (pool.clone(), Arc::clone(&counts));
            spawn(async move {
                let Ok(worker) = pool.add_worker_with(Actor::new(&counts)).await else { return };
                let order = order(worker.clone());
                let _ = worker.send(order).await;
                let _ = worker.terminate().await;
            })
        };
        let mut threads = vec![add(|_| Order::Fail), add(|_| Order::End)];
        let (killed, killed_counts) = (pool.clone(), Arc::clone(&counts));
        threads.push(spawn(async move {
            if let Ok(worker) = killed.add_worker_with(Actor::new(&killed_counts)).await {
                let _ = worker.kill().await;
            }
        }));
        let stops = supervisor.clone();
        threads.push(spawn(async move { drop(stops.shutdown().await) }));
        join(threads);
        let late = block_on(pool.add_worker_with(Actor::new(&counts)));
        assert!(late.is_err(), "the pool has ended");
        if time == Time::StandsStill {
            assert_eq!(counts.alive(), 0, "no life goes on after the shutdown");
        }
        drop((pool, supervisor));
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
    });
}

#[test]
fn pool_that_is_shut_down() {
    pool(Time::StandsStill);
}

#[test]
fn pool_that_is_shut_down_while_time_passes() {
    pool(Time::Passes);
}

/// A nested supervisor and its root give up, since more fails than their limits allow, while callers
/// wait.
///
/// Everybody who waits is told: the end is an escalation, the children are gone, and nothing is left
/// behind.
fn exhausted(strategy: SupervisionStrategy) {
    check(Time::StandsStill, move || {
        let counts = Counts::new();
        let (first, second) =
            (Actor::new(&counts).named("first"), Actor::deaf(&counts).named("second"));
        let (failing, deaf) = (first.handle(), second.handle());
        let nested = Supervisor::new()
            .with_strategy(strategy)
            .with_max_restarts(1)
            .with_child(first)
            .with_child(second);
        let nested = watched(nested.build());
        let spec = ChildSpec::new("nested").with_supervisor(nested.clone());
        let root = watched(Supervisor::new().with_max_restarts(1).with_child(spec).build());
        block_on(root.start()).unwrap();
        let mut threads = Vec::new();
        for _ in 0..2 {
            let failing = failing.clone();
            threads.push(spawn(async move {
                for _ in 0..2 {
                    let _ = failing.send(Order::Fail).await;
                }
            }));
        }
        threads.push(spawn(async move { drop(deaf.kill().await) }));
        let waits = nested.clone();
        threads.push(spawn(async move { drop(waits.wait().await) }));
        let waits = root.clone();
        let end = spawn(async move { waits.wait().await });
        // The first failures may have counted as one: more of them follow until it ends.
        while root.inbox().is_ok() {
            if block_on(failing.kill()).is_err() {
                shuttle::thread::yield_now();
            }
        }
        let end = end.join().unwrap();
        assert!(matches!(end, Err(SupervisorError::Ended(..))), "{end:?}");
        join(threads);
        assert_eq!(counts.alive(), 0, "no life goes on");
        let sent = failing.try_send(Order::Fail);
        assert!(matches!(sent, Err(TrySendError::Gone(_))), "{:?}", failing.status());
        drop((root, nested, failing));
    });
}

#[test]
fn exhausted_one_for_one() {
    exhausted(SupervisionStrategy::OneForOne);
}

#[test]
fn exhausted_one_for_all() {
    exhausted(SupervisionStrategy::OneForAll);
}

#[test]
fn exhausted_rest_for_one() {
    exhausted(SupervisionStrategy::RestForOne);
}

/// A child that fails waits for its restart; it is terminated, restarted and killed meanwhile, and
/// the tree is shut down.
///
/// Every caller is answered, also one whose command meets the delay. A message that is sent while the
/// child waits is received by the next life, or comes back.
#[test]
fn backoff_while_time_passes() {
    check(Time::Passes, || {
        let counts = Counts::new();
        let spec = Actor::new(&counts)
            .named("child")
            .with_backoff(Backoff::new(Duration::from_millis(10), Duration::from_secs(1)));
        let child = spec.handle();
        let supervisor = watched(patient().with_child(spec).build());
        block_on(supervisor.start()).unwrap();
        let mut threads = Vec::new();
        let fails = child.clone();
        let counted = Arc::clone(&counts);
        threads.push(spawn(async move {
            let _ = fails.send(Order::Fail).await;
            let _ = fails.send(Order::Take(counted.token())).await;
        }));
        let other = child.clone();
        threads.push(spawn(async move {
            let _ = other.kill().await;
            let _ = other.terminate().await;
        }));
        let again = child.clone();
        threads.push(spawn(async move { drop(again.restart().await) }));
        let stops = supervisor.clone();
        threads.push(spawn(async move { drop(stops.shutdown().await) }));
        join(threads);
        drop((supervisor, child));
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
        counts.assert_all_dropped();
    });
}

/// A child fails, and its supervisor, at rest, has to begin its next life after a delay.
///
/// The delay ends: the next life answers a request that was sent meanwhile, and nobody else wakes the
/// supervisor.
#[test]
fn a_delay_ends() {
    check(Time::Passes, || {
        let counts = Counts::new();
        let spec = Actor::new(&counts)
            .named("child")
            .with_backoff(Backoff::constant(Duration::from_secs(1)));
        let child = spec.handle();
        let supervisor = watched(patient().with_child(spec).build());
        block_on(supervisor.start()).unwrap();
        child.try_send(Order::Fail).expect("it runs");
        let answer = block_on(child.ask_within(Duration::MAX, Order::Answer));
        // Two answers are in order: the far limit passes as well as the delay.
        assert!(matches!(answer, Ok(2) | Err(AskError::Timeout)), "{answer:?}");
        while child.incarnation() == 1 {
            shuttle::thread::yield_now();
        }
        drop(child);
        let _ = block_on(supervisor.shutdown());
    });
}
