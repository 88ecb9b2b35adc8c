//! Calls on a thread that has no tokio runtime, or one without timers: each has a defined result.

use std::future::Future;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use supervisor::messages::AskError;
use supervisor::prelude::*;
use supervisor::{Partitioned, Pool, SupervisorError};
use supervisor_tests::within;
use tokio::runtime::Builder;

/// Polls a future on this thread, as `block_on` of the crate `futures` does.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let (waker, mut future) = (Waker::from(Arc::new(Unpark(thread::current()))), pin!(future));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Runs a function on a thread without a runtime, and waits for its result.
async fn on_a_plain_thread<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = tokio::sync::oneshot::channel();
    thread::spawn(move || drop(sender.send(call())));
    within("the thread, which panicked if there is no result", result).await.expect("no panic")
}

/// Answers a request after this time; never, if there is none.
struct Slow(Option<Duration>);

impl Child for Slow {
    type Recipe = Self;
    type Handle = ChildRef<Reply<u8>>;
    const OPTIONS: supervisor::ChildOptions = supervisor::ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<supervisor::specs::Ready<ChildRef<Reply<u8>>>> {
        ChildSpec::new(name).with_worker(recipe)
    }
}

impl supervisor::Addressable for Slow {
    type Message = Reply<u8>;
    const DEFAULTS: supervisor::ChildOptions = Self::OPTIONS;
}

impl Worker for Slow {
    async fn run(&self, mut ctx: Context<Reply<u8>>) -> ChildResult {
        let mut unanswered = Vec::new();
        while let Some(reply) = ctx.recv().await {
            match self.0 {
                Some(time) => {
                    tokio::time::sleep(time).await;
                    let _ = reply.send(1);
                }
                None => unanswered.push(reply),
            }
        }
        Ok(())
    }
}

const A_MOMENT: Duration = Duration::from_millis(30);

async fn slow(time: Option<Duration>) -> (Supervisor, ChildRef<Reply<u8>>) {
    let supervisor = Supervisor::new().build();
    let spec = ChildSpec::new("slow").with_worker(Slow(time));
    let child = within("the child", supervisor.add_child(spec)).await.unwrap();
    (supervisor, child)
}

#[tokio::test]
async fn an_answer_that_takes_time_arrives() {
    let (_supervisor, child) = slow(Some(A_MOMENT)).await;
    let answer = on_a_plain_thread(move || block_on(child.ask(|reply| reply))).await;
    assert_eq!(answer.unwrap(), 1);
}

#[tokio::test]
async fn the_limit_of_a_request_holds() {
    let (_supervisor, child) = slow(None).await;
    let ask = move || block_on(child.ask_within(A_MOMENT, |reply| reply));
    assert!(matches!(on_a_plain_thread(ask).await, Err(AskError::Timeout)));
}

#[tokio::test]
async fn the_limit_of_a_request_holds_in_a_runtime_without_timers() {
    let (_supervisor, child) = slow(None).await;
    let ask = move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(child.ask_within(A_MOMENT, |reply| reply))
    };
    assert!(matches!(on_a_plain_thread(ask).await, Err(AskError::Timeout)));
}

/// The request has begun in a runtime that goes away; its timer goes with it.
#[tokio::test]
async fn a_request_outlives_the_runtime_of_its_timer() {
    let (_supervisor, child) = slow(None).await;
    let ask = move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut asking = pin!(child.ask_within(Duration::from_secs(5), |reply| reply));
        runtime.block_on(async {
            let polled = tokio::time::timeout(A_MOMENT, asking.as_mut()).await;
            assert!(polled.is_err(), "not yet");
        });
        drop(runtime);
        block_on(asking)
    };
    assert!(matches!(on_a_plain_thread(ask).await, Err(AskError::Timeout)));
}

#[tokio::test]
async fn workers_of_partitions_and_pools_answer() {
    let template = ChildSpec::new("part").with_worker(Slow(Some(A_MOMENT)));
    let parts: Partitioned<Reply<u8>> = Supervisor::new().build_partitioned(template, 2);
    within("the start", parts.supervisor().start()).await.unwrap();
    let pool: Pool<Slow> = Supervisor::new().build_pool(ChildSpec::per_worker("worker"));
    within("the start", pool.supervisor().start()).await.unwrap();
    let worker = within("a worker", pool.add_worker_with(Slow(Some(A_MOMENT)))).await.unwrap();
    let part = parts.of("key").clone();
    for child in [part, worker] {
        let answer = on_a_plain_thread(move || block_on(child.ask(|reply| reply))).await;
        assert_eq!(answer.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_running_supervisor_is_commanded_and_asked_from_any_thread() {
    let (supervisor, child) = slow(None).await;
    on_a_plain_thread(move || {
        block_on(async {
            supervisor.start().await.unwrap();
            supervisor.which_children().await.unwrap();
            supervisor.count_children().await.unwrap();
            supervisor.child_spec("slow").await.unwrap();
            supervisor.stats().await.unwrap();
            supervisor.snapshot().await.unwrap();
            assert!(supervisor.events().try_next().is_none());
            child.restart().await.unwrap();
            child.kill().await.unwrap();
            child.terminate().await.unwrap();
            supervisor.restart_child("slow").await.unwrap();
            supervisor.terminate_child("slow").await.unwrap();
            supervisor.delete_child("slow").await.unwrap();
            let spec = ChildSpec::new("other").with_worker(Slow(None));
            supervisor.add_child(spec).await.unwrap();
            supervisor.shutdown().await.unwrap();
            supervisor.wait().await.unwrap();
        });
    })
    .await;
}

#[test]
fn a_supervisor_that_was_not_started_says_that_it_needs_a_runtime() {
    let spec = || ChildSpec::new("slow").with_worker(Slow(None));
    let supervisor = Supervisor::new().with_child(spec()).build();
    assert!(matches!(block_on(supervisor.start()), Err(SupervisorError::NoRuntime)));
    let added = block_on(Supervisor::new().build().add_child(spec()));
    assert!(matches!(added, Err(SupervisorError::NoRuntime)));
    block_on(supervisor.shutdown()).unwrap();
    block_on(supervisor.wait()).unwrap();
}

#[test]
fn run_fails_and_does_not_panic() {
    let tree = || Supervisor::new().with_child(ChildSpec::new("slow").with_worker(Slow(None)));
    assert_eq!(block_on(supervisor::run(tree().build())), ExitCode::FAILURE);
    let runtime = Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(supervisor::run(tree().build())), ExitCode::FAILURE);
}
