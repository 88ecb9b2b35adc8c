//! Models of subscriptions to the events of a tree.

use std::sync::Arc;

use shuttle::thread;

use super::check::{Time, check};
use super::stage::{join, spawn};
use crate::events::EventKind;
use crate::observe::Subscribers;
use crate::spec::ChildPath;

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
            while let Some(event) = first.next().await {
                match event.kind() {
                    // Its number is that of the last event that was lost.
                    EventKind::Missed { count } => assert_eq!(event.number(), last + count),
                    _ => assert_eq!(event.number(), last + 1),
                }
                last = event.number();
            }
            assert_eq!(last, EVENTS, "all events came before the end");
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
        tree.finish();
        join([listening, late]);
        assert!(!tree.is_any(), "no entry is left");
    });
}

/// A tree with a subscriber becomes a part of a larger one, and a tree of its own again, while events
/// are published and the subscriber leaves, or stays.
///
/// One that stays gets each event that was published at a tree it was in, at the right path, and the
/// end of the tree. What finds the subscribers gone is told so, and is not lost.
fn moved(stays: bool) {
    check(Time::StandsStill, move || {
        let (part, whole) = (Arc::<Subscribers>::default(), Arc::<Subscribers>::default());
        let path = ChildPath::parse("part");
        let mut events = part.subscribe(ChildPath::root());
        let publisher = {
            let (part, whole) = (Arc::clone(&part), Arc::clone(&whole));
            thread::spawn(move || {
                for _ in 0..2 {
                    // As a supervisor does: where its tree is now.
                    while !publish(&part, &ChildPath::root()) {
                        if whole.is_any() {
                            publish(&whole, &ChildPath::parse("part"));
                            break;
                        }
                        thread::yield_now();
                    }
                }
            })
        };
        let listening = spawn(async move {
            if stays {
                while let Some(event) = events.next().await {
                    assert!(event.path().is_root() || event.path() == &"part", "{event}");
                }
            }
            drop(events);
        });
        whole.absorb(&part, &path);
        whole.split_off(&part, &path);
        publisher.join().unwrap();
        part.finish();
        whole.finish();
        listening.join().unwrap();
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
