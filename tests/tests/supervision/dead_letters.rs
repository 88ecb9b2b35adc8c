//! Tests dead letters: the messages that a child leaves unhandled are received by `dead_letters`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use supervisor::prelude::*;
use supervisor::{
    events::EventKind,
    messages::{DeadLetters, SendError},
};
use supervisor_tests::{Order, Stage, event, quiet, within};

async fn numbers(letters: &mut DeadLetters<Order>, count: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        match within("a dead letter", letters.next()).await {
            Some(Order::Note(number)) => numbers.push(number),
            other => panic!("{other:?}"),
        }
    }
    numbers
}

async fn send(child: &ChildRef<Order>, orders: impl IntoIterator<Item = Order>) {
    for order in orders {
        within("room", child.send(order)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_finished_child_leaves_the_messages_that_it_did_not_receive() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let mut events = root.events();
    let spec = stage.actor("child").with_restart_policy(RestartPolicy::Transient);
    let child = within("the child", root.add_child(spec)).await.unwrap();
    let mut letters = child.dead_letters();
    send(&child, [Order::Return, Order::Note(1), Order::Note(2)]).await;
    assert_eq!(numbers(&mut letters, 2).await, [1, 2]);
    assert!(letters.try_next().is_none());
    let left = event(&mut events, "the count", |event| {
        matches!(event.kind(), EventKind::MessagesLeft { .. })
    })
    .await;
    assert_eq!(left.to_string(), "child: ended with 2 messages unhandled");
}

#[tokio::test(start_paused = true)]
async fn a_restart_leaves_no_dead_letters() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = within("the child", root.add_child(stage.actor("child"))).await.unwrap();
    let mut letters = child.dead_letters();
    send(&child, [Order::Fail, Order::Note(1), Order::Panic, Order::Note(2)]).await;
    quiet().await;
    assert_eq!(stage.log(), "+child -child +child 1 -child +child 2");
    assert!(letters.try_next().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_receiver_lasts_until_the_slot_is_gone() {
    let stage = Stage::new();
    let root = Supervisor::new().with_child(stage.actor("child")).build();
    within("the start", root.start()).await.unwrap();
    let spec = stage.actor("other");
    let child = within("the child", root.add_child(spec)).await.unwrap();
    let mut letters = child.dead_letters();
    for round in 0..2 {
        send(&child, [Order::Hang, Order::Note(round)]).await;
        quiet().await;
        within("its end", child.terminate()).await.unwrap();
        assert_eq!(numbers(&mut letters, 1).await, [round]);
        let back = within("the answer", child.send(Order::Note(9))).await;
        assert!(matches!(back, Err(SendError::NotRunning(Order::Note(9)))));
        within("its start", child.restart()).await.unwrap();
    }
    within("its end", child.terminate()).await.unwrap();
    within("its removal", root.delete_child("other")).await.unwrap();
    assert!(within("the end", letters.next()).await.is_none());
    assert!(within("the end", child.dead_letters().next()).await.is_none(), "also asked later");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_gives_up_leaves_the_waiting_messages_of_all_levels() {
    let stage = Stage::new();
    let (first, second) = (stage.actor("first"), stage.actor("second"));
    let (one, two) = (first.handle(), second.handle());
    let (mut ones, mut twos) = (one.dead_letters(), two.dead_letters());
    let nested = Supervisor::new().with_max_restarts(0).with_child(first).with_child(second);
    let spec = ChildSpec::new("nested").with_supervisor(nested.build());
    let root = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    send(&two, [Order::Hang, Order::Note(2)]).await;
    send(&one, [Order::Fail, Order::Note(1)]).await;
    assert_eq!(numbers(&mut ones, 1).await, [1]);
    assert_eq!(numbers(&mut twos, 1).await, [2]);
    assert!(within("the end", ones.next()).await.is_none());
    within("the end", root.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_was_never_started_leaves_the_messages_sent_to_it() {
    let stage = Stage::new();
    let spec = stage.actor("child");
    let child = spec.handle();
    let mut letters = child.dead_letters();
    let root = Supervisor::new().with_child(spec).build();
    send(&child, [Order::Note(1)]).await;
    drop(root);
    assert_eq!(numbers(&mut letters, 1).await, [1]);
    assert!(within("the end", letters.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn receivers_share_one_queue() {
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<TakesNone>("worker"));
    within("the start", pool.supervisor().start()).await.unwrap();
    let worker = within("a worker", pool.add_worker_with(TakesNone)).await.unwrap();
    let (mut first, mut second) = (worker.dead_letters(), worker.dead_letters());
    for number in 0..3 {
        within("room", worker.send(number)).await.unwrap();
    }
    let both = async { tokio::join!(first.next(), second.next()) };
    let ((one, two), terminated) =
        within("two letters", async { tokio::join!(both, worker.terminate()) }).await;
    terminated.unwrap();
    // Each message goes to one receiver: the one that takes it first.
    assert!(matches!((one, two), (Some(0), Some(1)) | (Some(1), Some(0))), "{one:?} {two:?}");
    drop(second);
    assert_eq!(first.try_next(), Some(2));
    assert_eq!(within("the end", first.next()).await, None, "a pool's worker is gone");
}

#[derive(Child)]
#[child(restart = Temporary, message = u32)]
struct TakesNone;

impl Worker for TakesNone {
    async fn run(&self, ctx: Context<u32>) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

/// A message whose destructor panics.
struct Explosive(Arc<AtomicUsize>);

impl Drop for Explosive {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a destructor fails");
    }
}

#[derive(Child)]
#[child(restart = Transient, message = Explosive)]
struct Handler;

impl Worker for Handler {
    async fn run(&self, ctx: Context<Explosive>) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn dead_letters_without_a_receiver_are_dropped() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let root = Supervisor::new().build();
    let spec = ChildSpec::new("handler").with_worker(Handler);
    let child = within("the child", root.add_child(spec)).await.unwrap();
    // The receiver is dropped before the message becomes a dead letter.
    let letters = child.dead_letters();
    within("room", child.send(Explosive(Arc::clone(&dropped)))).await.unwrap();
    drop(letters);
    within("its end", child.terminate()).await.unwrap();
    quiet().await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    within("its start", child.restart()).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_always_finds_messages_lets_others_run() {
    let root = Supervisor::new().build();
    let spec = ChildSpec::new("child").with_mailbox(1000).with_worker(TakesNone);
    let child = within("the child", root.add_child(spec)).await.unwrap();
    let mut letters = child.dead_letters();
    for number in 0..1000 {
        child.try_send(number).unwrap();
    }
    within("the end", child.terminate()).await.unwrap();
    let receiver = tokio::spawn(async move {
        for _ in 0..1000 {
            letters.next().await.expect("a thousand messages");
        }
    });
    tokio::task::yield_now().await;
    assert!(!receiver.is_finished(), "a thousand messages were received in one turn");
    within("the messages", receiver).await.unwrap();
}
