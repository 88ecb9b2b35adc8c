//! Models of subscriptions to the events of a tree.

use std::sync::Arc;

use shuttle::thread;

use super::check::{Time, check};
use super::stage::{join, spawn};
use crate::catch::wake_each;
use crate::events::EventKind;
use crate::observe::{Moves, Moving, Subscribers};
use crate::spec::ChildPath;
use crate::sync::Mutex;

/// Publishes an event, unless trees have been joined or separated since.
fn publish(tree: &Subscribers, path: &ChildPath, seen: Moves) -> bool {
    let wakers = tree.publish(path, &EventKind::SupervisorStarted, seen);
    let is_published = wakers.is_some();
    wake_each(wakers.into_iter().flatten());
    is_published
}

/// Two tasks publish more events than a subscriber can be behind, others subscribe and leave, and the
/// tree ends.
///
/// A subscriber that is there from the start gets all events, in order, without a gap: what it has
/// not got is counted as missed. Each subscriber comes to the end.
#[test]
fn events_in_order() {
    check(Time::StandsStill, || {
        const EVENTS: u64 = 6;
        let tree = Arc::new(Subscribers::default());
        let mut first = tree.subscribe(ChildPath::root());
        let listening = spawn(async move {
            let mut last = 0;
            // All come before the end, which would wake this task, too.
            while last < EVENTS {
                let event = first.next().await.expect("the tree goes on");
                match event.kind() {
                    // Its number is that of the last event that was lost.
                    EventKind::Missed { count } => assert_eq!(event.number(), last + count),
                    _ => assert_eq!(event.number(), last + 1),
                }
                last = event.number();
            }
            first
        });
        let publishers: Vec<_> = (0..2)
            .map(|_| {
                let tree = Arc::clone(&tree);
                thread::spawn(move || {
                    for _ in 0..EVENTS / 2 {
                        let seen = Moves::so_far().expect("no tree moves");
                        assert!(publish(&tree, &ChildPath::parse("child"), seen));
                    }
                })
            })
            .collect();
        let late = {
            let tree = Arc::clone(&tree);
            spawn(async move {
                drop(tree.subscribe(ChildPath::root()));
                let mut late = tree.subscribe(ChildPath::parse("child"));
                let mut last = 0;
                while let Some(event) = late.next().await {
                    assert!(event.number() > last, "in order");
                    last = event.number();
                }
            })
        };
        join(publishers);
        let mut first = listening.join().unwrap();
        tree.finish();
        late.join().unwrap();
        assert!(first.try_next().is_none(), "each event came once");
        drop(first);
        assert!(!tree.is_any(), "no entry is left");
    });
}

/// A tree with a subscriber becomes a part of a larger one while events are published; and, if it is
/// refused there, a tree of its own again.
///
/// A subscriber that stays gets each event, once, at the path of the tree that it was in, and the end
/// of the tree. One that leaves meanwhile leaves nothing behind.
fn moved(stays: bool, is_refused: bool) {
    check(Time::StandsStill, move || {
        let (part, whole) = (Arc::<Subscribers>::default(), Arc::<Subscribers>::default());
        let path = ChildPath::parse("part");
        let mut events = part.subscribe(ChildPath::root());
        // Set while the part has its parent. A lock of its own, as that of a node; the other one is
        // held while trees are joined and separated.
        let is_joined = Arc::new(Mutex::new(false));
        let adopting = Arc::new(Mutex::new(()));
        let publisher = {
            let (part, whole) = (Arc::clone(&part), Arc::clone(&whole));
            let (is_joined, adopting) = (Arc::clone(&is_joined), Arc::clone(&adopting));
            // As a supervisor does: where its tree is now.
            let publish = move |seen| {
                let is_joined = *is_joined.lock().unwrap();
                let (tree, path) = if is_joined { (&whole, "part") } else { (&part, "/") };
                publish(tree, &ChildPath::parse(path), seen)
            };
            thread::spawn(move || {
                for _ in 0..2 {
                    if !Moves::so_far().is_some_and(&publish) {
                        let _adopting = adopting.lock().unwrap();
                        let seen = Moves::so_far().expect("no other tree moves");
                        assert!(publish(seen), "nothing moves under the lock");
                    }
                }
            })
        };
        let listening = spawn(async move {
            let mut received = 0;
            while stays && let Some(event) = events.next().await {
                assert!(event.path().is_root() || event.path() == &"part", "{event}");
                received += 1;
            }
            drop(events);
            received
        });
        {
            let _adopting = adopting.lock().unwrap();
            let moving = Moving::begin();
            whole.absorb(&part, &path, &moving);
            *is_joined.lock().unwrap() = true;
        }
        if is_refused {
            let _adopting = adopting.lock().unwrap();
            let moving = Moving::begin();
            *is_joined.lock().unwrap() = false;
            whole.split_off(&part, &path, &moving);
        }
        publisher.join().unwrap();
        part.finish();
        whole.finish();
        let received = listening.join().unwrap();
        assert!(!stays || received == 2, "{received} of two events");
        assert!(!part.is_any() && !whole.is_any(), "no entry is left");
    });
}

#[test]
fn moved_with_a_subscriber() {
    moved(true, false);
}

#[test]
fn moved_and_back_with_a_subscriber() {
    moved(true, true);
}

#[test]
fn moved_and_back_with_one_that_leaves() {
    moved(false, true);
}
