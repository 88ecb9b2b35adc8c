//! Models of adoption: a supervisor that runs as a root becomes the child of another one.

use std::sync::Arc;

use shuttle::future::block_on;
use shuttle::thread;

use super::check::{Time, check};
use super::stage::{Actor, Counts, Order, patient, spawn, watched};
use crate::events::EventKind;
use crate::info::ChildState;
use crate::messages::TrySendError;
use crate::sync::model::runtime;
use crate::{AnyChildRef, ChildRef, ChildSpec, Supervisor};

/// A root that runs with one child.
struct Root {
    supervisor: Supervisor,
    child: ChildRef<Order>,
}

impl Root {
    /// Starts one that never gives up.
    fn start(counts: &Arc<Counts>) -> Self {
        Self::start_with(counts, patient())
    }

    fn start_with(counts: &Arc<Counts>, builder: crate::SupervisorBuilder) -> Self {
        let spec = Actor::new(counts).named("child");
        let child = spec.handle();
        let supervisor = watched(builder.with_child(spec).build());
        block_on(supervisor.start()).unwrap();
        Self { supervisor, child }
    }
}

fn start_parent(builder: crate::SupervisorBuilder) -> Supervisor {
    let parent = watched(builder.build());
    block_on(parent.start()).unwrap();
    parent
}

fn adopt(parent: &Supervisor, root: &Supervisor) -> bool {
    block_on(parent.add_child(ChildSpec::new("nested").with_supervisor(root.clone()))).is_ok()
}

/// Two supervisors adopt each other at once.
///
/// At most one of them succeeds: no supervisor is its own ancestor.
#[test]
fn a_cycle() {
    check(Time::StandsStill, || {
        let (a, b) = (watched(Supervisor::new().build()), watched(Supervisor::new().build()));
        let other = {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || adopt(&a, &b))
        };
        let first = adopt(&b, &a);
        let second = other.join().unwrap();
        assert!(!(first && second), "each is the child of the other");
        let _ = block_on(a.shutdown());
        let _ = block_on(b.shutdown());
    });
}

/// Two supervisors adopt the same one at once.
///
/// One of them has it.
#[test]
fn two_parents() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let Root { supervisor, child } = Root::start(&counts);
        let (a, b) = (start_parent(patient()), start_parent(patient()));
        let other = {
            let (a, supervisor) = (a.clone(), supervisor.clone());
            thread::spawn(move || adopt(&a, &supervisor))
        };
        let first = adopt(&b, &supervisor);
        let second = other.join().unwrap();
        assert!(first != second, "one of them has it");
        assert_eq!(child.status(), ChildState::Running);
        block_on(if first { b.shutdown() } else { a.shutdown() }).unwrap();
        assert_eq!(counts.alive(), 0, "its parent has stopped it");
        let _ = block_on(a.shutdown());
        let _ = block_on(b.shutdown());
    });
}

/// A supervisor is shut down, or asked to, while it is adopted.
///
/// The shutdown is not lost: it ends, whoever is in charge of it by then, and is not brought back.
fn shutdown(waits: bool) {
    check(Time::StandsStill, move || {
        let counts = Counts::new();
        let Root { supervisor, child } = Root::start(&counts);
        let parent = start_parent(patient());
        let stops = supervisor.clone();
        let stopping = spawn(async move {
            if waits {
                let _ = stops.shutdown().await;
            } else {
                stops.request_shutdown();
            }
        });
        let _adopted = adopt(&parent, &supervisor);
        stopping.join().unwrap();
        let _ = block_on(supervisor.wait());
        assert_eq!(counts.alive(), 0, "it was shut down");
        let _ = block_on(parent.shutdown());
        drop((supervisor, child, parent));
    });
}

#[test]
fn shut_down() {
    shutdown(true);
}

#[test]
fn asked_to_shut_down() {
    shutdown(false);
}

/// A supervisor gives up while it is adopted.
///
/// If it was adopted, its parent brings it back, with its child; if not, it has ended for good, and
/// its child is gone.
#[test]
fn giving_up() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let root = Supervisor::new().with_max_restarts(0);
        let Root { supervisor, child } = Root::start_with(&counts, root);
        let parent = start_parent(patient());
        child.try_send(Order::Fail).expect("it runs");
        if adopt(&parent, &supervisor) {
            // The failure is handled before this call is, or has been.
            let slot = supervisor.node().slot().expect("it has a parent");
            block_on(AnyChildRef::new(slot).restart()).unwrap();
            assert_eq!(block_on(parent.count_children()).unwrap().active, 1);
            assert!(child.try_send(Order::End).is_ok(), "{:?}", child.status());
        } else {
            let _ = block_on(supervisor.wait());
            let sent = child.try_send(Order::Fail);
            assert!(matches!(sent, Err(TrySendError::Gone(_))), "{:?}", child.status());
        }
        block_on(parent.shutdown()).unwrap();
        let _ = block_on(supervisor.shutdown());
        assert_eq!(counts.alive(), 0, "no life goes on");
    });
}

/// A child is killed while its supervisor is adopted, and somebody listens.
///
/// The listener hears of the restart, in the old tree or in the new one, or hears how many events it
/// has missed.
#[test]
fn events() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let Root { supervisor, child } = Root::start(&counts);
        let mut events = supervisor.events();
        let parent = start_parent(patient());
        let kills = spawn(async move { child.kill().await.expect("it runs") });
        assert!(adopt(&parent, &supervisor));
        kills.join().unwrap();
        block_on(supervisor.count_children()).unwrap();
        block_on(parent.shutdown()).unwrap();
        let mut restarts = 0;
        let mut missed = 0;
        let mut ended = 0;
        while let Some(event) = events.try_next() {
            match event.kind() {
                EventKind::ChildRestarted { .. } => restarts += 1,
                EventKind::SupervisorTerminated { .. } => ended += 1,
                EventKind::Missed { count } => missed += count,
                _ => {}
            }
        }
        assert!(restarts == 1 || missed > 0, "{restarts} restarts");
        assert!(ended == 1 || missed > 0, "{ended} ends");
    });
}

/// A child is killed while its supervisor is adopted by one that refuses it, and somebody listens.
///
/// The listener hears of the restart at the path in the tree that it was in, or hears how many events
/// it has missed; and of the end, since the subscription has come back with its supervisor.
#[test]
fn events_of_a_refused_one() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let Root { supervisor, child } = Root::start(&counts);
        let mut events = supervisor.events();
        let parent = start_parent(patient().with_child(Actor::new(&counts).named("nested")));
        let kills = spawn(async move { child.kill().await.expect("it runs") });
        assert!(!adopt(&parent, &supervisor), "the name is taken");
        kills.join().unwrap();
        block_on(supervisor.count_children()).unwrap();
        block_on(supervisor.shutdown()).unwrap();
        let (mut restarts, mut missed, mut ended) = (0, 0, 0);
        while let Some(event) = events.try_next() {
            match event.kind() {
                EventKind::ChildRestarted { .. } => {
                    let path = event.path().as_str();
                    assert!(path == "child" || path == "nested/child", "at {path}");
                    restarts += 1;
                }
                EventKind::SupervisorTerminated { .. } => ended += 1,
                EventKind::Missed { count } => missed += count,
                _ => {}
            }
        }
        assert!(restarts == 1 || missed > 0, "{restarts} restarts");
        assert!(ended == 1 || missed > 0, "{ended} ends");
        block_on(parent.shutdown()).unwrap();
        drop((supervisor, parent));
    });
}

/// Somebody subscribes to a supervisor while it is adopted, or adopted and refused.
///
/// The subscription is to the tree that the supervisor is in afterwards: it hears of its end.
fn a_subscription(is_refused: bool) {
    check(Time::StandsStill, move || {
        let counts = Counts::new();
        let Root { supervisor, child } = Root::start(&counts);
        let mut builder = patient();
        if is_refused {
            builder = builder.with_child(Actor::new(&counts).named("nested"));
        }
        let parent = start_parent(builder);
        let subscribes = supervisor.clone();
        let subscribing = thread::spawn(move || subscribes.events());
        assert!(adopt(&parent, &supervisor) != is_refused);
        let mut events = subscribing.join().unwrap();
        block_on(supervisor.shutdown()).unwrap();
        let mut ended = false;
        while let Some(event) = events.try_next() {
            let is_end = matches!(event.kind(), EventKind::SupervisorTerminated { .. });
            ended |= is_end && (is_refused || event.path() == &"nested");
        }
        assert!(ended, "the end is heard of");
        block_on(parent.shutdown()).unwrap();
        drop((supervisor, parent, child));
    });
}

#[test]
fn a_subscription_while_adopted() {
    a_subscription(false);
}

#[test]
fn a_subscription_while_refused() {
    a_subscription(true);
}

/// A supervisor that was built is started by itself, and adopted, at once.
///
/// Its child never has two lives, and a restart by its parent brings the child back.
#[test]
fn a_start() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let spec = Actor::new(&counts).named("child");
        let child = spec.handle();
        let supervisor = watched(patient().with_child(spec).build());
        let parent = start_parent(patient());
        let starts = supervisor.clone();
        let starting = spawn(async move { drop(starts.start().await) });
        assert!(adopt(&parent, &supervisor));
        starting.join().unwrap();
        let slot = supervisor.node().slot().expect("it has a parent");
        block_on(AnyChildRef::new(slot).restart()).unwrap();
        assert_eq!(block_on(supervisor.count_children()).unwrap().active, 1);
        assert!(child.try_send(Order::End).is_ok());
        block_on(parent.shutdown()).unwrap();
        assert_eq!(counts.alive(), 0, "no life goes on");
    });
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Shutdown,
    GivesUp,
    RuntimeGone,
}

/// The parent ends while it adopts: by a shutdown, by giving up, or with its runtime.
///
/// A supervisor that is refused goes on as a root, with its child; one that was adopted ends with its
/// parent. Both callers are answered, and nothing is left behind.
fn parent_ends(end: End) {
    check(Time::StandsStill, move || {
        let counts = Counts::new();
        let Root { supervisor, child } = Root::start(&counts);
        let failing = Actor::new(&counts).named("failing");
        let fails = failing.handle();
        let parent = start_parent(Supervisor::new().with_max_restarts(0).with_child(failing));
        let ending = {
            let parent = parent.clone();
            spawn(async move {
                match end {
                    End::Shutdown => drop(parent.shutdown().await),
                    End::GivesUp => drop(fails.kill().await),
                    End::RuntimeGone => runtime::shut_down(),
                }
            })
        };
        let is_adopted = adopt(&parent, &supervisor);
        ending.join().unwrap();
        let _ = block_on(parent.wait());
        if !is_adopted && end != End::RuntimeGone {
            block_on(supervisor.count_children()).expect("it goes on as a root");
            assert_eq!(child.status(), ChildState::Running);
        }
        let _ = block_on(supervisor.shutdown());
        let _ = block_on(supervisor.wait());
        runtime::join();
        assert_eq!(counts.alive(), 0, "no life goes on");
        if end != End::RuntimeGone {
            let sent = child.try_send(Order::Fail);
            assert!(matches!(sent, Err(TrySendError::Gone(_))), "{:?}", child.status());
        }
        drop((supervisor, parent, child));
    });
}

#[test]
fn the_parent_shuts_down() {
    parent_ends(End::Shutdown);
}

#[test]
fn the_parent_gives_up() {
    parent_ends(End::GivesUp);
}

#[test]
fn the_runtime_goes_away() {
    parent_ends(End::RuntimeGone);
}
