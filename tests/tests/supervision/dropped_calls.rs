//! Tests calls whose futures are dropped half-way:
//!
//! | call | dropped after its first poll |
//! |---|---|
//! | `Supervisor::start` | the start goes on |
//! | `Tree::start` | the tree shuts down: the future had its last handle |
//! | `add_child`, `add_worker`, `add_worker_with` | the child is added, the supervisor started |
//! | the same, never polled | nothing happens, and the child is gone |
//! | `terminate_child`, `restart_child`, `delete_child` | carried out |
//! | `terminate`, `restart`, `kill` of an address | carried out |
//! | `shutdown` | goes on |
//! | `wait`, `which_children`, `count_children`, `stats`, `snapshot` | nothing happens |
//! | `send` that waits for room | nothing is sent, the sends behind it move up |
//! | `ask` that waits for room | withdrawn |
//! | `ask` whose request is queued | handled; the answer is dropped |
//! | `recv`, `Events::next` | nothing is lost |
//! | `shutdown_requested` | can be asked for again |

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Tree, info::ChildState, messages::TrySendError};
use supervisor_tests::{
    Order, Stage, begin_and_drop, event, quiet, restarted, started, supervisor_terminated,
    terminated, within,
};

/// Starts a supervisor with one actor, `a`.
async fn one() -> (Stage, Supervisor, ChildRef<Order>) {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let child = within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a");
    (stage, supervisor, child)
}

#[tokio::test(start_paused = true)]
async fn a_start_goes_on() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    assert!(begin_and_drop(supervisor.start()).is_none());
    quiet().await;
    assert_eq!(stage.log(), "+a");
    within("the start", supervisor.start()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_start_that_was_never_polled_does_nothing() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    drop(supervisor.start());
    quiet().await;
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_start_of_a_tree_is_undone() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let child = a.handle();
    let tree = Tree::new(Supervisor::new().with_child(a).build(), ());
    assert!(begin_and_drop(tree.start()).is_none());
    quiet().await;
    assert_eq!(stage.alive(), "");
    assert_eq!(child.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
}

#[tokio::test(start_paused = true)]
async fn an_added_child_is_added() {
    let (stage, supervisor, _child) = one().await;
    assert!(begin_and_drop(supervisor.add_child(stage.actor("b"))).is_none());
    quiet().await;
    assert_eq!(stage.alive(), "a b");
    assert_eq!(supervisor.which_children().await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_child_is_added_and_its_supervisor_started() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    assert!(begin_and_drop(supervisor.add_child(stage.actor("b"))).is_none());
    quiet().await;
    assert_eq!(stage.log(), "+a +b");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_was_never_added_is_gone() {
    let (stage, supervisor, _child) = one().await;
    let spec = stage.actor("b");
    let child = spec.handle();
    drop(supervisor.add_child(spec));
    quiet().await;
    assert_eq!(child.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
    assert_eq!(supervisor.which_children().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_added_worker_is_added() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    assert!(begin_and_drop(pool.add_worker()).is_none());
    quiet().await;
    assert!(begin_and_drop(pool.add_worker()).is_none());
    quiet().await;
    assert_eq!(stage.gauge("worker").alive(), 2);
    let names: Vec<_> = pool.which_children().await.unwrap().into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["#2", "#1"]);
}

#[tokio::test(start_paused = true)]
async fn a_termination_is_carried_out() {
    let (stage, supervisor, child) = one().await;
    assert!(begin_and_drop(supervisor.terminate_child("a")).is_none());
    quiet().await;
    assert_eq!((stage.log().as_str(), child.status()), ("-a", ChildState::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_restart_of_a_stopped_child_is_carried_out() {
    let (stage, supervisor, _child) = one().await;
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    assert!(begin_and_drop(supervisor.restart_child("a")).is_none());
    quiet().await;
    assert_eq!(stage.log(), "-a +a");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_carried_out() {
    let (_stage, supervisor, _child) = one().await;
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    assert!(begin_and_drop(supervisor.delete_child("a")).is_none());
    quiet().await;
    assert!(supervisor.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn requests_of_an_address_are_carried_out() {
    let (stage, supervisor, child) = one().await;
    let mut events = supervisor.events();
    assert!(begin_and_drop(child.restart()).is_none());
    event(&mut events, "the restart", started("a")).await;
    quiet().await;
    assert_eq!(stage.log(), "-a +a");
    assert!(begin_and_drop(child.kill()).is_none());
    event(&mut events, "the restart", restarted("a")).await;
    quiet().await;
    assert_eq!(stage.log(), "-a +a");
    assert!(begin_and_drop(child.terminate()).is_none());
    event(&mut events, "the stop", terminated("a")).await;
    assert_eq!(stage.log(), "-a");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_goes_on() {
    let (stage, supervisor, _child) = one().await;
    let mut events = supervisor.events();
    assert!(begin_and_drop(supervisor.shutdown()).is_none());
    event(&mut events, "the end", supervisor_terminated("/")).await;
    assert_eq!(stage.log(), "-a");
}

#[tokio::test(start_paused = true)]
async fn dropped_waits_and_queries_change_nothing() {
    let (stage, supervisor, child) = one().await;
    for _ in 0..10 {
        assert!(begin_and_drop(supervisor.wait()).is_none());
        assert!(begin_and_drop(supervisor.which_children()).is_none());
        assert!(begin_and_drop(supervisor.count_children()).is_none());
        assert!(begin_and_drop(supervisor.child_spec("a")).is_none());
        assert!(begin_and_drop(supervisor.stats()).is_none());
        assert!(begin_and_drop(supervisor.snapshot()).is_none());
    }
    quiet().await;
    child.send(Order::Note(1)).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "1");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_send_that_waits_for_room_sends_nothing() {
    let stage = Stage::new();
    let spec = stage.actor("a").with_mailbox(1);
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    child.send(Order::Note(1)).await.unwrap();
    let mut behind = Box::pin(child.send(Order::Note(3)));
    {
        let mut first = Box::pin(child.send(Order::Note(2)));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert!(behind.as_mut().poll(&mut cx).is_pending());
    }
    within("the start", supervisor.start()).await.unwrap();
    within("the one behind it", behind).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a 1 3");
}

/// A worker that answers with 42, each time after a second.
#[derive(Child)]
#[child(message = Reply<u32>, mailbox = 1)]
struct Answerer;

impl Worker for Answerer {
    async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
        while let Some(reply) = ctx.recv().await {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let _ = reply.send(42);
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_ask_is_withdrawn_or_its_answer_is_dropped() {
    let spec = ChildSpec::new("a").with_worker(Answerer);
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    // The first request is queued: it is handled, and its answer is dropped. The second waits for
    // room: it is withdrawn.
    assert!(begin_and_drop(child.ask(|reply| reply)).is_none());
    assert!(begin_and_drop(child.ask(|reply| reply)).is_none());
    assert_eq!(child.queued(), 1);
    within("the start", supervisor.start()).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(within("an answer", child.ask(|reply| reply)).await.unwrap(), 42);
    assert_eq!(began.elapsed(), Duration::from_secs(2), "one was handled before");
}

#[tokio::test(start_paused = true)]
async fn a_recv_loses_no_message() {
    let stage = Stage::new();
    let noted = stage.clone();
    let spec = stage.task("a", move |mut ctx| {
        let noted = noted.clone();
        async move {
            for _ in 0..3 {
                assert!(begin_and_drop(ctx.recv()).is_none());
                assert!(begin_and_drop(ctx.shutdown_requested()).is_none());
            }
            while let Some(()) = ctx.recv().await {
                noted.note("got");
            }
            Ok(())
        }
    });
    let supervisor = Supervisor::new().build();
    let child = within("the child", supervisor.add_child(spec)).await.unwrap();
    quiet().await;
    child.send(()).await.unwrap();
    child.send(()).await.unwrap();
    quiet().await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "+a got got -a");
}

#[tokio::test(start_paused = true)]
async fn a_next_loses_no_event() {
    let (_stage, supervisor, child) = one().await;
    let mut events = supervisor.events();
    for _ in 0..3 {
        assert!(begin_and_drop(events.next()).is_none());
    }
    child.send(Order::Fail).await.unwrap();
    let first = within("an event", events.next()).await.unwrap();
    assert!(terminated("a")(&first), "{first}");
    let second = within("an event", events.next()).await.unwrap();
    assert!(restarted("a")(&second), "{second}");
}
