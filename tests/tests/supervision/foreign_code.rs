//! A panic in each place where code of users or of subscribers runs: a failure of one child at
//! most. The rows are those of the table "Where foreign code is called" in `ARCHITECTURE.md`, but
//! for the panic hook, whose panic ends the process, and for `Waker::clone`, which cannot be made to
//! panic without unsafe code.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{self, Poll, Wake, Waker};
use std::time::Duration;

use supervisor::events::EventKind;
use supervisor::info::ChildState;
use supervisor::prelude::*;
use supervisor::{Blocking, BlockingContext, ExitReason, Partitioned, Periodic};
use supervisor_tests::{Stage, about, event, quiet, terminated, until, within};
use tokio::sync::oneshot;

/// A value whose destructor panics, and counts the call.
struct Bomb(Arc<AtomicUsize>);

impl Bomb {
    fn new() -> (Self, Arc<AtomicUsize>) {
        let drops = Arc::default();
        (Self(Arc::clone(&drops)), drops)
    }

    fn of(drops: &Arc<AtomicUsize>) -> Self {
        Self(Arc::clone(drops))
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("in a destructor");
    }
}

pub(super) fn count(drops: &AtomicUsize) -> usize {
    drops.load(Ordering::SeqCst)
}

/// A waker that panics when it wakes its task.
struct BadWaker;

impl Wake for BadWaker {
    fn wake(self: Arc<Self>) {
        panic!("in a waker");
    }
}

/// Polls the future once, with a waker that panics when it is woken.
fn poll_badly<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut task::Context::from_waker(&Waker::from(Arc::new(BadWaker))))
}

/// Takes messages that panic when they are dropped, and never handles any.
#[derive(Child)]
#[child(message = Bomb)]
struct Deaf;

impl Worker for Deaf {
    async fn run(&self, ctx: Context<Bomb>) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

/// Starts a supervisor with a sibling.
pub(super) async fn with_sibling(stage: &Stage) -> Supervisor {
    let supervisor = Supervisor::new().with_child(stage.actor("sibling")).build();
    within("the start", supervisor.start()).await.unwrap();
    supervisor
}

/// Checks that the supervisor answers, that the sibling lives its first life, and that a shutdown
/// ends in order.
pub(super) async fn goes_on(stage: &Stage, supervisor: &Supervisor) {
    quiet().await;
    is_well(stage, supervisor).await;
}

async fn is_well(stage: &Stage, supervisor: &Supervisor) {
    let children = within("the list", supervisor.which_children()).await.unwrap();
    let sibling = children.iter().find(|child| child.name == "sibling").expect("the sibling");
    assert_eq!((sibling.state, sibling.incarnation), (ChildState::Running, 1));
    assert_eq!(stage.gauge("sibling").begun(), 1);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap();
}

/// Adds a temporary child that does this; returns the reason of its end.
async fn end_of<F, Fut>(act: F) -> ExitReason
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let mut events = supervisor.events();
    let spec = ChildSpec::new("a").with_restart_policy(RestartPolicy::Temporary).with_task(act);
    within("the child", supervisor.add_child(spec)).await.unwrap();
    let ended = event(&mut events, "its end", terminated("a")).await;
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!() };
    goes_on(&stage, &supervisor).await;
    reason.clone()
}

// ===== in the task of a child =====

#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_is_a_panic_of_its_child() {
    let reason = end_of(|ctx: Context| {
        assert!(ctx.incarnation() > 1, "in the factory");
        async { Ok(()) }
    })
    .await;
    assert!(reason.to_string().starts_with("panic: in the factory"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_panics_is_a_panic_of_its_child() {
    let reason = end_of(async |_: Context| panic!("in a poll")).await;
    assert!(reason.to_string().starts_with("panic: in a poll"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_local_that_panics_is_a_panic_of_its_child() {
    let reason = end_of(async |_: Context| {
        let _local = Bomb::new();
        Ok(())
    })
    .await;
    assert!(reason.to_string().starts_with("panic: in a destructor"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_received_message_that_panics_when_it_is_dropped_is_a_panic_of_its_child() {
    #[derive(Child)]
    #[child(message = Bomb, restart = Temporary)]
    struct Receiver;
    impl Worker for Receiver {
        async fn run(&self, mut ctx: Context<Bomb>) -> ChildResult {
            while let Some(bomb) = ctx.recv().await {
                drop(bomb);
            }
            Ok(())
        }
    }
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let mut events = supervisor.events();
    let spec = ChildSpec::new("a").with_worker(Receiver);
    let child = within("the child", supervisor.add_child(spec)).await.unwrap();
    let drops = Arc::default();
    for _ in 0..3 {
        assert!(child.try_send(Bomb::of(&drops)).is_ok());
    }
    let ended = event(&mut events, "its end", terminated("a")).await;
    assert!(ended.to_string().contains("panic: in a destructor"), "{ended}");
    quiet().await;
    assert_eq!(count(&drops), 3, "one was received, and two were left over");
    goes_on(&stage, &supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn an_error_that_panics_in_display_and_in_drop_is_a_panic_of_its_child() {
    #[derive(Debug)]
    struct Bad;
    impl fmt::Display for Bad {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in Display");
        }
    }
    impl Error for Bad {}
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in Drop");
        }
    }
    let reason = end_of(async |_: Context| Err(Bad.into())).await;
    assert!(reason.to_string().starts_with("panic: in Display"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_panics_is_dropped_without_harm() {
    let reason = end_of(async |_: Context| std::panic::panic_any(Bomb::new().0)).await;
    assert_eq!(reason.to_string().split(", at").next(), Some("panic: a value that is not text"));
}

#[tokio::test(start_paused = true)]
async fn a_job_of_a_periodic_child_that_panics_is_a_panic_of_its_child() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let mut events = supervisor.events();
    let job = Periodic::every(Duration::from_secs(1), async || panic!("in the job"));
    let spec = ChildSpec::new("a").with_worker(job).with_restart_policy(RestartPolicy::Temporary);
    within("the child", supervisor.add_child(spec)).await.unwrap();
    let ended = event(&mut events, "its end", terminated("a")).await;
    assert!(ended.to_string().contains("panic: in the job"), "{ended}");
    goes_on(&stage, &supervisor).await;
}

// On a real clock, since a thread takes real time.
#[tokio::test]
async fn a_blocking_function_that_panics_is_a_panic_of_its_child() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let mut events = supervisor.events();
    let blocking = Blocking::new(|_: BlockingContext| panic!("in the function"));
    let spec =
        ChildSpec::new("a").with_blocking(blocking).with_restart_policy(RestartPolicy::Temporary);
    within("the child", supervisor.add_child(spec)).await.unwrap();
    let ended = event(&mut events, "its end", terminated("a")).await;
    assert!(ended.to_string().contains("panic: in the function"), "{ended}");
    until("the sibling's first poll", || stage.gauge("sibling").begun() > 0).await;
    is_well(&stage, &supervisor).await;
}

// ===== values that a supervisor lets go of =====

#[tokio::test(start_paused = true)]
async fn messages_that_are_left_over_are_dropped_one_by_one() {
    for number in [1, 2, 3] {
        let stage = Stage::new();
        let supervisor = with_sibling(&stage).await;
        let deaf = ChildSpec::new("deaf").with_worker(Deaf);
        let deaf = within("the child", supervisor.add_child(deaf)).await.unwrap();
        let (bomb, drops) = Bomb::new();
        std::mem::forget(bomb);
        for _ in 0..number {
            assert!(deaf.try_send(Bomb::of(&drops)).is_ok());
        }
        within("the stop", supervisor.terminate_child("deaf")).await.unwrap();
        quiet().await;
        assert_eq!(count(&drops), number);
        goes_on(&stage, &supervisor).await;
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_no_dead_letter_receiver_takes_are_dropped_one_by_one() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let deaf = ChildSpec::new("deaf").with_worker(Deaf);
    let deaf = within("the child", supervisor.add_child(deaf)).await.unwrap();
    let dead_letters = deaf.dead_letters();
    let drops = Arc::default();
    for _ in 0..3 {
        assert!(deaf.try_send(Bomb::of(&drops)).is_ok());
    }
    within("the stop", supervisor.terminate_child("deaf")).await.unwrap();
    quiet().await;
    assert_eq!(count(&drops), 0);
    drop(dead_letters);
    assert_eq!(count(&drops), 3);
    goes_on(&stage, &supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn messages_to_a_child_that_gets_no_supervisor_are_dropped_one_by_one() {
    let spec = ChildSpec::new("deaf").with_worker(Deaf);
    let (address, drops) = (spec.handle(), Arc::default());
    for _ in 0..3 {
        assert!(address.try_send(Bomb::of(&drops)).is_ok());
    }
    drop(spec);
    quiet().await;
    assert_eq!(count(&drops), 3);
}

/// A worker whose value panics when it is dropped, and whose lives have a local that does too.
#[derive(Child)]
struct Fragile(Bomb);

impl Worker for Fragile {
    async fn run(&self, ctx: Context) -> ChildResult {
        let _local = Bomb::of(&self.0.0);
        ctx.shutdown_requested().await;
        pending().await
    }
}

#[test]
fn at_the_end_of_the_runtime_each_value_and_each_local_is_dropped_by_itself() {
    for workers in [1, 3] {
        let drops = Arc::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let supervisor = runtime.block_on(async {
            let supervisor = Supervisor::new().build();
            for number in 0..workers {
                let spec =
                    ChildSpec::new(&format!("{number}")).with_worker(Fragile(Bomb::of(&drops)));
                within("a child", supervisor.add_child(spec)).await.unwrap();
                let captured = Bomb::of(&drops);
                let task =
                    ChildSpec::new(&format!("task {number}")).with_task(move |_: Context| {
                        let local = Bomb::of(&captured.0);
                        async move {
                            let _local = local;
                            pending().await
                        }
                    });
                within("a child", supervisor.add_child(task)).await.unwrap();
                let deaf = ChildSpec::new(&format!("deaf {number}")).with_worker(Deaf);
                let deaf = within("a child", supervisor.add_child(deaf)).await.unwrap();
                assert!(deaf.try_send(Bomb::of(&drops)).is_ok());
                assert!(deaf.try_send(Bomb::of(&drops)).is_ok());
            }
            quiet().await;
            supervisor
        });
        drop(runtime);
        drop(supervisor);
        assert_eq!(count(&drops), workers * 6);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_a_supervisor_lets_go_of_is_dropped_without_harm() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let drops = Arc::default();
    let idle = Bomb::of(&drops);
    let spec = ChildSpec::new("a").with_restart_policy(RestartPolicy::Temporary).with_task(
        move |ctx: Context| {
            let _keeps = &idle;
            async move {
                ctx.shutdown_requested().await;
                Ok(())
            }
        },
    );
    within("the child", supervisor.add_child(spec)).await.unwrap();
    quiet().await;
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    quiet().await;
    assert_eq!(count(&drops), 1);
    goes_on(&stage, &supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn workers_of_a_tree_that_was_never_started_are_dropped_one_by_one() {
    let drops = Arc::default();
    let mut builder = Supervisor::new();
    for number in 0..3 {
        let spec = ChildSpec::new(&format!("{number}")).with_worker(Fragile(Bomb::of(&drops)));
        builder = builder.with_child(spec);
    }
    drop(builder.build());
    quiet().await;
    assert_eq!(count(&drops), 3);
}

#[tokio::test(start_paused = true)]
async fn messages_that_are_counted_as_left_are_all_dropped_though_they_panic() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let mut events = supervisor.events();
    let deaf = ChildSpec::new("deaf").with_worker(Deaf);
    let deaf = within("the child", supervisor.add_child(deaf)).await.unwrap();
    let drops = Arc::default();
    for _ in 0..2 {
        assert!(deaf.try_send(Bomb::of(&drops)).is_ok());
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let left = about("deaf", |kind| matches!(kind, EventKind::MessagesLeft { count: 2, .. }));
    event(&mut events, "the leftovers", left).await;
    quiet().await;
    assert_eq!(count(&drops), 2);
}

// ===== in the caller's task =====

#[tokio::test(start_paused = true)]
async fn a_constructor_of_a_request_that_panics_sends_nothing() {
    struct Request;
    #[derive(Child)]
    #[child(message = Request)]
    struct Answerer;
    impl Worker for Answerer {
        async fn run(&self, ctx: Context<Request>) -> ChildResult {
            ctx.shutdown_requested().await;
            Ok(())
        }
    }
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let spec = ChildSpec::new("a").with_worker(Answerer);
    let child = within("the child", supervisor.add_child(spec)).await.unwrap();
    let made = catch_unwind(AssertUnwindSafe(|| {
        child.ask(|_reply: Reply<()>| -> Request { panic!("while asking") })
    }));
    assert!(made.is_err(), "the panic is the caller's");
    assert_eq!((child.queued(), child.status()), (0, ChildState::Running));
    goes_on(&stage, &supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_hash_panics_is_a_panic_of_the_caller() {
    struct Key;
    impl Hash for Key {
        fn hash<H: Hasher>(&self, _: &mut H) {
            panic!("in a hash");
        }
    }
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let template = ChildSpec::new("part").with_worker(Deaf);
    let parts: Partitioned<Bomb> = Supervisor::new().build_partitioned(template, 2);
    let spec = ChildSpec::new("parts").with_supervisor(parts.supervisor().clone());
    within("the parts", supervisor.add_child(spec)).await.unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| parts.of(&Key))).is_err(), "the caller's panic");
    goes_on(&stage, &supervisor).await;
}

// ===== wakers =====

#[tokio::test(start_paused = true)]
async fn wakers_that_panic_harm_neither_the_supervisor_nor_who_waits_beside_them() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let (sender, told) = oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let spec = stage.task("a", move |ctx: Context| {
        let sender = sender.lock().unwrap().take();
        async move {
            // Futures of a task that waits by wakers of its own, before and behind one of tokio's.
            let mut bad = [(); 2].map(|()| Box::pin(ctx.shutdown_requested()));
            assert!(poll_badly(bad[0].as_mut()).is_pending());
            let good = ctx.shutdown_requested();
            let good = tokio::spawn(async move {
                good.await;
                if let Some(sender) = sender {
                    let _ = sender.send(());
                }
            });
            tokio::task::yield_now().await;
            assert!(poll_badly(bad[1].as_mut()).is_pending());
            ctx.shutdown_requested().await;
            let _ = good.await;
            Ok(())
        }
    });
    let child = within("the child", supervisor.add_child(spec)).await.unwrap();
    quiet().await;
    // A subscription, a sender that waits for room, and callers of orders and of the end.
    let mut events = supervisor.events();
    let mut next = Box::pin(events.next());
    assert!(poll_badly(next.as_mut()).is_pending());
    let mut wait = Box::pin(supervisor.wait());
    assert!(poll_badly(wait.as_mut()).is_pending());
    let mut kill = Box::pin(child.terminate());
    assert!(poll_badly(kill.as_mut()).is_pending());
    within("the request", told).await.unwrap();
    quiet().await;
    goes_on(&stage, &supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn a_sender_whose_waker_panics_keeps_no_other_sender_waiting() {
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    let spec = ChildSpec::new("deaf").with_worker(Deaf).with_mailbox(1);
    let deaf = within("the child", supervisor.add_child(spec)).await.unwrap();
    let drops = Arc::default();
    assert!(deaf.try_send(Bomb::of(&drops)).is_ok());
    let mut bad = Box::pin(deaf.send(Bomb::of(&drops)));
    assert!(poll_badly(bad.as_mut()).is_pending());
    let other = deaf.clone();
    let bomb = Bomb::of(&drops);
    let other = tokio::spawn(async move {
        let refused = other.send(bomb).await;
        refused.map_err(std::mem::forget).is_err()
    });
    quiet().await;
    within("the stop", supervisor.terminate_child("deaf")).await.unwrap();
    assert!(within("the other sender", other).await.unwrap(), "it got its message back");
    std::mem::forget(bad);
    goes_on(&stage, &supervisor).await;
}
