//! Models of subscriptions to the events of a tree.

use std::sync::Arc;

use shuttle::thread;

use super::check::{Time, check};
use super::stage::{join, spawn};
use crate::events::EventKind;
use crate::observe::Subscribers;
use crate::spec::ChildPath;
use crate::sync::Mutex;

fn publish(tree: &Subscribers, path: &ChildPath) -> bool {
    tree.publish(path, &EventKind::SupervisorStarted, false)
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
                        assert!(publish(&tree, &ChildPath::parse("child")));
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

/// A tree with a subscriber becomes a part of a larger one while events are published; and then a tree
/// of its own again, if the subscriber leaves meanwhile.
///
/// A subscriber that stays gets each event, once, at the path of the tree that it was in, and the end
/// of the tree: what finds the subscribers gone is told so, and is not lost.
fn moved(stays: bool) {
    check(Time::StandsStill, move || {
        let (part, whole) = (Arc::<Subscribers>::default(), Arc::<Subscribers>::default());
        let path = ChildPath::parse("part");
        let mut events = part.subscribe(ChildPath::root());
        // Set once the part has its parent, under the lock of adoptions.
        let joined = Arc::new(Mutex::new(false));
        let publisher = {
            let (part, whole, joined) =
                (Arc::clone(&part), Arc::clone(&whole), Arc::clone(&joined));
            thread::spawn(move || {
                for _ in 0..2 {
                    // As a supervisor does: where its tree is now.
                    if !publish(&part, &ChildPath::root()) && *joined.lock().unwrap() {
                        publish(&whole, &ChildPath::parse("part"));
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
            let mut joined = joined.lock().unwrap();
            whole.absorb(&part, &path);
            *joined = true;
        }
        if !stays {
            whole.split_off(&part, &path);
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
    moved(true);
}

#[test]
fn moved_with_one_that_leaves() {
    moved(false);
}
