//! Tests addresses: messages cross restarts in order, and come back when the child is down or gone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, MaxRestarts,
    info::ChildState,
    messages::{AskError, SendError, TrySendError},
};
use supervisor_tests::{Order, Stage, event, quiet, restarted, started, terminated, within};

const SECOND: Duration = Duration::from_secs(1);

/// Starts a root with a nested supervisor of one leaf. The nested supervisor allows no restart, and
/// is itself restarted after ten seconds.
async fn nested(leaf: ChildSpec<supervisor::specs::Ready<ChildRef<Order>>>) -> Supervisor {
    let sub = Supervisor::new().with_max_restarts(0).with_child(leaf).build();
    let spec =
        ChildSpec::new("sub").with_supervisor(sub).with_backoff(Backoff::constant(10 * SECOND));
    let root = Supervisor::new().with_restart_window(100 * SECOND).with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    root
}

#[tokio::test(start_paused = true)]
async fn a_thousand_messages_cross_the_restart_of_the_supervisor_above() {
    let stage = Stage::new();
    let spec = stage.actor("leaf");
    let leaf = spec.handle();
    let root = nested(spec).await;
    let mut events = root.events();
    within("room", leaf.send(Order::Fail)).await.unwrap();
    // The nested supervisor has given up, and its parent waits to restart it.
    event(&mut events, "its end", terminated("sub")).await;
    let sender = tokio::spawn({
        let leaf = leaf.clone();
        async move {
            // More messages than the mailbox holds: most sends wait for room.
            for number in 0..1000 {
                leaf.send(Order::Note(number)).await?;
            }
            Ok::<_, SendError<Order>>(())
        }
    });
    quiet().await;
    assert_eq!(leaf.queued(), 64, "the others wait for room");
    event(&mut events, "the restart", restarted("sub")).await;
    within("the sender", sender).await.unwrap().unwrap();
    quiet().await;
    let handled: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    assert_eq!(stage.log(), format!("+leaf -leaf +leaf {}", handled.join(" ")));
}

#[tokio::test(start_paused = true)]
async fn messages_cross_every_kind_of_restart_in_order() {
    let stage = Stage::new();
    let spec = stage.actor("leaf").with_mailbox(1000);
    let leaf = spec.handle();
    let sub = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).with_child(spec).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    within("the start", root.start()).await.unwrap();
    for (number, order) in
        [Order::Fail, Order::Panic, Order::Fail, Order::Panic].into_iter().enumerate()
    {
        let number = u32::try_from(number).unwrap();
        within("room", leaf.send(Order::Note(number * 2))).await.unwrap();
        within("room", leaf.send(order)).await.unwrap();
        within("room", leaf.send(Order::Note(number * 2 + 1))).await.unwrap();
    }
    quiet().await;
    within("the restart", leaf.restart()).await.unwrap();
    within("room", leaf.send(Order::Note(8))).await.unwrap();
    within("the kill", leaf.kill()).await.unwrap();
    within("room", leaf.send(Order::Note(9))).await.unwrap();
    quiet().await;
    let notes: Vec<String> = stage
        .log()
        .split(' ')
        .filter(|entry| !entry.ends_with("leaf"))
        .map(str::to_owned)
        .collect();
    // The kill may come before or after message 8 is handled, but no message is lost or swapped.
    assert_eq!(notes.join(" "), "0 1 2 3 4 5 6 7 8 9");
}

#[tokio::test(start_paused = true)]
async fn a_terminated_child_returns_messages_and_reopens_empty() {
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let spec = stage.actor("child").with_mailbox(1).with_shutdown(SECOND);
    let child = within("the child", root.add_child(spec)).await.unwrap();
    within("room", child.send(Order::Hang)).await.unwrap();
    quiet().await;
    within("room", child.send(Order::Note(1))).await.unwrap();
    // One message is in hand, one is queued, and this one waits for room.
    let waiting = tokio::spawn({
        let child = child.clone();
        async move { child.send(Order::Note(2)).await }
    });
    quiet().await;
    within("the stop", root.terminate_child("child")).await.unwrap();
    let returned = within("the answer", waiting).await.unwrap();
    assert!(matches!(returned, Err(SendError::NotRunning(Order::Note(2)))), "{returned:?}");
    let refused = child.try_send(Order::Note(3));
    assert!(matches!(refused, Err(TrySendError::NotRunning(Order::Note(3)))), "{refused:?}");
    assert_eq!(child.status(), ChildState::Stopped);
    within("the start", root.restart_child("child")).await.unwrap();
    within("room", child.send(Order::Note(4))).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+child -child +child 4");
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_reopens_a_child_that_was_down() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(stage.actor("failing"))
        .build();
    let finished = stage.actor("finished").with_restart_policy(RestartPolicy::Transient);
    let finished = within("a child", root.add_child(finished)).await.unwrap();
    within("room", finished.send(Order::Return)).await.unwrap();
    quiet().await;
    assert!(matches!(finished.try_send(Order::Note(1)), Err(TrySendError::NotRunning(_))));
    let failing = stage.actor("other");
    let failing = within("a child", root.add_child(failing)).await.unwrap();
    within("room", failing.send(Order::Fail)).await.unwrap();
    quiet().await;
    within("room", finished.send(Order::Note(2))).await.unwrap();
    quiet().await;
    assert!(stage.log().ends_with(" 2"));
}

#[tokio::test(start_paused = true)]
async fn the_address_of_a_forgotten_child_is_gone() {
    let stage = Stage::new();
    let spec = stage.actor("leaf");
    let leaf = spec.handle();
    let root = nested(spec).await;
    let temporary = stage.actor("temporary").with_restart_policy(RestartPolicy::Temporary);
    let temporary = within("a child", root.add_child(temporary)).await.unwrap();
    within("room", temporary.send(Order::Return)).await.unwrap();
    quiet().await;
    let gone = temporary.try_send(Order::Note(1));
    assert!(matches!(gone, Err(TrySendError::Gone(Order::Note(1)))), "{gone:?}");

    let deleted = within("a child", root.add_child(stage.actor("dynamic"))).await.unwrap();
    within("its end", deleted.terminate()).await.unwrap();
    within("its removal", root.delete_child("dynamic")).await.unwrap();
    assert!(matches!(deleted.try_send(Order::Note(1)), Err(TrySendError::Gone(_))));
    // A new child of that name has a slot of its own.
    let again = within("a child", root.add_child(stage.actor("dynamic"))).await.unwrap();
    within("room", again.send(Order::Note(7))).await.unwrap();
    assert!(matches!(deleted.try_send(Order::Note(1)), Err(TrySendError::Gone(_))));

    within("the shutdown", root.shutdown()).await.unwrap();
    assert!(matches!(leaf.try_send(Order::Note(1)), Err(TrySendError::Gone(_))));
}

#[tokio::test(start_paused = true)]
async fn a_dynamic_child_is_gone_when_its_supervisor_is_restarted() {
    let stage = Stage::new();
    let spec = stage.actor("leaf");
    let leaf = spec.handle();
    let sub = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    within("the start", root.start()).await.unwrap();
    let dynamic = within("a child", sub.add_child(stage.actor("dynamic"))).await.unwrap();
    let mut letters = dynamic.dead_letters();
    within("room", dynamic.send(Order::Hang)).await.unwrap();
    quiet().await;
    within("room", dynamic.send(Order::Note(1))).await.unwrap();
    within("room", leaf.send(Order::Fail)).await.unwrap();
    assert_eq!(within("what it left", letters.next()).await, Some(Order::Note(1)));
    assert!(matches!(dynamic.try_send(Order::Note(2)), Err(TrySendError::Gone(_))));
    within("room", leaf.send(Order::Note(3))).await.unwrap();
    quiet().await;
    assert!(stage.log().ends_with("+leaf 3"));
}

#[tokio::test(start_paused = true)]
async fn senders_that_wait_are_answered_when_the_tree_gives_up() {
    let stage = Stage::new();
    let spec = stage.actor("leaf").with_mailbox(1);
    let leaf = spec.handle();
    let root = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    within("room", leaf.send(Order::Fail)).await.unwrap();
    let sends: Vec<_> = (0..10)
        .map(|number| {
            let leaf = leaf.clone();
            tokio::spawn(async move { leaf.send(Order::Note(number)).await })
        })
        .collect();
    within("the end", root.wait()).await.unwrap_err();
    let mut back = 0;
    for send in sends {
        // One message may have been queued before the end: it is a dead letter, and its send
        // succeeded.
        back += usize::from(matches!(
            within("an answer", send).await.unwrap(),
            Err(SendError::Gone(_))
        ));
    }
    assert!(back >= 9, "{back}");
}

/// A request, by what the server does with its reply handle.
enum Request {
    Answer(Reply<u64>),
    Crash(Reply<u64>),
    Drop(Reply<u64>),
    Keep(Reply<u64>),
}

/// A worker that answers with the number of its life.
#[derive(Child)]
#[child(message = Request)]
struct Server;

impl Worker for Server {
    async fn run(&self, mut ctx: Context<Request>) -> ChildResult {
        let mut kept = Vec::new();
        while let Some(request) = ctx.recv().await {
            match request {
                Request::Answer(reply) => drop(reply.send(ctx.incarnation())),
                Request::Crash(_reply) => return Err("the request is poisonous".into()),
                Request::Drop(reply) => drop(reply),
                Request::Keep(reply) => kept.push(reply),
            }
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_or_fails_with_the_reason() {
    let root = Supervisor::new().build();
    let server = ChildSpec::new("server").with_worker(Server);
    let server = within("the server", root.add_child(server)).await.unwrap();
    assert_eq!(within("an answer", server.ask(Request::Answer)).await.unwrap(), 1);
    let dropped = within("an answer", server.ask(Request::Drop)).await;
    assert!(matches!(dropped, Err(AskError::NoReply)));
    // The request in hand is lost with the life; the next life answers the request behind it.
    let both = async { tokio::join!(server.ask(Request::Crash), server.ask(Request::Answer)) };
    let (crashed, answered) = within("both answers", both).await;
    assert!(matches!(crashed, Err(AskError::NoReply)));
    assert!(matches!(answered, Ok(1 | 2)));
    let began = tokio::time::Instant::now();
    let late = within("the time-out", server.ask(Request::Keep)).await;
    assert!(matches!(late, Err(AskError::Timeout)));
    assert_eq!(began.elapsed(), 5 * SECOND);
    within("its end", server.terminate()).await.unwrap();
    let back = within("an answer", server.ask(Request::Answer)).await;
    assert!(matches!(back, Err(AskError::NotRunning(Request::Answer(_)))));
}

#[tokio::test(start_paused = true)]
async fn an_escaped_context_of_an_ended_life_receives_nothing() {
    let stage = Stage::new();
    let old: Arc<Mutex<Option<Context<()>>>> = Arc::default();
    let root = Supervisor::new().build();
    let mut events = root.events();
    let spec = ChildSpec::new("child").with_task({
        let (old, stage) = (Arc::clone(&old), stage.clone());
        move |mut ctx: Context| {
            let (old, stage) = (Arc::clone(&old), stage.clone());
            async move {
                if ctx.incarnation() == 1 {
                    *old.lock().unwrap() = Some(ctx);
                    return Err("its context stays behind".into());
                }
                while ctx.recv().await.is_some() {
                    stage.note("handled");
                }
                Ok(())
            }
        }
    });
    let child = within("the child", root.add_child(spec)).await.unwrap();
    event(&mut events, "the first life", started("child")).await;
    event(&mut events, "the second life", restarted("child")).await;
    let mut escaped = old.lock().unwrap().take().expect("the first life left it");
    within("room", child.send(())).await.unwrap();
    assert!(escaped.try_recv().is_none());
    assert!(within("the answer", escaped.recv()).await.is_none());
    assert!(escaped.is_shutdown_requested());
    quiet().await;
    assert_eq!(stage.log(), "handled");
}
