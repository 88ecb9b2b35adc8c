//! Limits on the memory that a child costs, so that it does not grow unnoticed: a tree of 100,000
//! children has each of these values 100,000 times. To raise a limit is a decision, made here.

use crate::Context;
use crate::engine::{Child, Effect, Event, Key, State};
use crate::inbox::{Message, Reply};
use crate::life::Life;
use crate::mailbox::Mailbox;
use crate::runtime::{Body, ChildTask, Declared};
use crate::slot::{Slot, SlotCore};
use crate::spec::ChildResult;

#[test]
fn a_slot_is_small() {
    assert!(size_of::<SlotCore>() <= 80);
    // The same for every message type: the queue is allocated with the first message.
    assert!(size_of::<Mailbox<[u64; 100]>>() <= 40);
    assert!(size_of::<Slot<()>>() <= 120);
}

#[test]
fn a_child_of_the_engine_fits_in_two_cache_lines() {
    assert!(size_of::<Key>() <= 8);
    assert!(size_of::<Option<Key>>() <= 8, "a cursor without a position takes no more room");
    // The rare states box their fields.
    assert!(size_of::<State<Reply>>() <= 16);
    assert!(size_of::<Body>() <= 32);
    assert!(size_of::<ChildTask>() <= 40);
    assert!(size_of::<Child<ChildTask, Reply>>() <= 80);
    assert!(size_of::<Declared>() <= 40);
}

#[test]
fn what_is_queued_for_each_child_is_small() {
    // When a pool stops, an effect is queued for each worker, and then a message from each worker.
    assert!(size_of::<Effect<ChildTask, Reply>>() <= 40);
    assert!(size_of::<Event<Reply>>() <= 40);
    assert!(size_of::<Message>() <= 40);
}

/// The number of bytes that a tokio task takes beside its future, on a 64-bit machine; the whole
/// task is allocated in steps of 128 bytes.
const TASK: usize = 96;

/// Returns the size in bytes of the task that runs a life with this future.
fn task_of<F: Future<Output = ChildResult>>(_: impl FnOnce() -> F) -> usize {
    TASK + size_of::<Life<F>>()
}

#[test]
fn the_task_of_a_child_that_only_waits_takes_two_steps() {
    async fn waits(ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
    async fn receives(mut ctx: Context<u64>) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
    let waiting = task_of(|| async { waits(Context::of_this_life()).await });
    assert!(waiting <= 256, "{waiting}");
    let receiving = task_of(|| async { receives(Context::of_this_life()).await });
    assert!(receiving <= 256, "{receiving}");
}
