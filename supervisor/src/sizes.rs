//! What a child costs in memory, written down so that it does not creep back: a tree of 100,000
//! children has each of these 100,000 times. A larger figure is a decision, to be made here.

use crate::child_spec::Body;
use crate::driver::{Message, Reply, Seat};
use crate::engine::{Child, Effect, Event, Key, State};
use crate::mailbox::Mailbox;
use crate::node::Declared;
use crate::slot::{Slot, SlotCore};

#[test]
fn a_place_is_small() {
    assert!(size_of::<SlotCore>() <= 152);
    // Without a message, whatever the message: the queue is made with the first one.
    assert!(size_of::<Mailbox<[u64; 100]>>() <= 48);
    assert!(size_of::<Slot<()>>() <= 200);
}

#[test]
fn a_child_of_the_engine_fits_in_two_cache_lines() {
    assert!(size_of::<Key>() <= 8);
    assert!(size_of::<Option<Key>>() <= 8, "a cursor that stands nowhere takes no more room");
    // What is rare in a state is boxed.
    assert!(size_of::<State<Reply>>() <= 24);
    assert!(size_of::<Body>() <= 32);
    assert!(size_of::<Seat>() <= 56);
    assert!(size_of::<Child<Seat, Reply>>() <= 120);
    assert!(size_of::<Declared>() <= 56);
}

#[test]
fn what_is_queued_for_each_child_is_small() {
    // When a pool stops there is an effect for each worker, and then a message from each.
    assert!(size_of::<Effect<Seat, Reply>>() <= 48);
    assert!(size_of::<Event<Seat, Reply>>() <= 40);
    assert!(size_of::<Message>() <= 40);
}
