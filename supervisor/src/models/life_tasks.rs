//! Models of the tasks that a life has spawned, and of the end of a child for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use shuttle::future::{block_on, yield_now};

use super::check::{Time, check, must, must_be_gone};
use super::stage::{join, patient, spawn, watched};
use crate::life::Tasks;
use crate::sync::Mutex;
use crate::sync::model::runtime;
use crate::{ChildRef, ChildResult, ChildSpec, Context, RestartPolicy, specs};

/// A task of a life that goes on.
struct Task(Arc<AtomicI64>);

impl Task {
    fn new(tasks: &Arc<AtomicI64>) -> Self {
        tasks.fetch_add(1, SeqCst);
        Self(Arc::clone(tasks))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Ends the first life by itself; a later one waits for its shutdown.
async fn goes_on(ctx: &Context) -> ChildResult {
    if ctx.incarnation() == 1 {
        yield_now().await;
        return Err("the first life ends".into());
    }
    ctx.shutdown_requested().await;
    Ok(())
}

/// Returns a child whose lives spawn a task that goes on for ever and one that ends, and a task that
/// spawns another. The first life ends by itself; later ones wait for their shutdown.
fn spawner(tasks: &Arc<AtomicI64>) -> ChildSpec<specs::Ready<ChildRef>> {
    let tasks = Arc::clone(tasks);
    let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
        must(tasks.load(SeqCst) == 0, "a task of an earlier life goes on");
        let tasks = Arc::clone(&tasks);
        async move {
            let (scope, inner) = (ctx.tasks(), ctx.tasks());
            let endless = Task::new(&tasks);
            ctx.spawn(async move {
                let _endless = endless;
                std::future::pending::<()>().await;
            });
            let spawned = Arc::clone(&tasks);
            scope.spawn(async move {
                let short = Task::new(&spawned);
                inner.spawn(async move { drop(short) });
            });
            goes_on(&ctx).await
        }
    });
    must_be_gone("the slot of the child", spec.handle().slot());
    spec
}

/// A life that has spawned tasks ends by itself while it is killed, and while the tree is shut down.
///
/// No task of it goes on when the next life begins, or when the shutdown has returned. The end is
/// reported once, and nothing is left behind.
fn ends(time: Time) {
    check(time, move || {
        let tasks = Arc::new(AtomicI64::new(0));
        let spec = spawner(&tasks);
        let child = spec.handle();
        let root = watched(patient().with_child(spec).build());
        block_on(root.start()).unwrap();
        let killed = child.clone();
        let kill = spawn(async move { drop(killed.kill().await) });
        let stopped = root.clone();
        let stop = spawn(async move { drop(stopped.shutdown().await) });
        join([kill, stop]);
        assert_eq!(tasks.load(SeqCst), 0, "no task goes on after the shutdown");
        block_on(child.ended());
        drop((root, child));
    });
}

#[test]
fn ends_of_a_life_with_tasks() {
    ends(Time::StandsStill);
}

/// A task that is none of the child's has a life's tasks, and spawns endless ones there, while the life
/// ends by itself and the tree is shut down.
///
/// Each is aborted with its life, or does not begin.
#[test]
fn tasks_spawned_from_outside_while_a_life_ends() {
    check(Time::StandsStill, || {
        let tasks = Arc::new(AtomicI64::new(0));
        let scope = Arc::new(Mutex::new(None::<Tasks>));
        let (alive, given) = (Arc::clone(&tasks), Arc::clone(&scope));
        let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
            must(alive.load(SeqCst) == 0, "a task of an earlier life goes on");
            drop(given.lock().unwrap().replace(ctx.tasks()));
            async move { goes_on(&ctx).await }
        });
        must_be_gone("the slot of the child", spec.handle().slot());
        let root = watched(patient().with_child(spec).build());
        block_on(root.start()).unwrap();
        let (alive, taken) = (Arc::clone(&tasks), Arc::clone(&scope));
        let spawner = spawn(async move {
            for _ in 0..2 {
                let present = taken.lock().unwrap().take();
                if let Some(present) = present {
                    let alive = Arc::clone(&alive);
                    present.spawn(async move {
                        let _alive = Task::new(&alive);
                        std::future::pending::<()>().await;
                    });
                }
                yield_now().await;
            }
        });
        let stopped = root.clone();
        let stop = spawn(async move { drop(stopped.shutdown().await) });
        join([spawner, stop]);
        assert_eq!(tasks.load(SeqCst), 0, "no task goes on after the shutdown");
        drop((root, scope.lock().unwrap().take()));
    });
}

/// The runtime goes away under a life with tasks.
#[test]
fn gone_under_a_life_with_tasks() {
    check(Time::StandsStill, || {
        let tasks = Arc::new(AtomicI64::new(0));
        let spec = spawner(&tasks);
        let child = spec.handle();
        let root = watched(patient().with_child(spec).build());
        block_on(root.start()).unwrap();
        let ended = child.ended();
        let waiting = spawn(async move { drop(ended.await) });
        runtime::shut_down();
        join([waiting]);
        runtime::join();
        assert_eq!(tasks.load(SeqCst), 0, "no task goes on");
        drop((root, child));
    });
}

/// Callers wait for the end of a child for good, one of them gives up, and the child ends by itself or
/// by a call.
///
/// Each caller that waits gets its answer.
#[test]
fn callers_that_wait_for_the_end_of_a_child() {
    check(Time::StandsStill, || {
        let spec = ChildSpec::new("child").with_restart_policy(RestartPolicy::Transient).with_task(
            async |_: Context| {
                yield_now().await;
                Ok(())
            },
        );
        let child = spec.handle();
        must_be_gone("the slot of the child", child.slot());
        let root = watched(patient().with_child(spec).build());
        let early = child.ended();
        let first = spawn(async move { early.await.is_some() });
        block_on(root.start()).unwrap();
        let second = child.ended();
        let second = spawn(async move { second.await.is_some() });
        let mut given_up = child.ended();
        let third = spawn(async move {
            use std::future::{Future, poll_fn};
            use std::task::Poll;
            poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut given_up).poll(cx).is_ready())).await;
            true
        });
        let terminated = child.clone();
        let fourth = spawn(async move {
            let _ = terminated.terminate().await;
            true
        });
        for answered in join([first, second, third, fourth]) {
            assert!(answered, "the child has had a life");
        }
        block_on(root.shutdown()).unwrap();
        drop((root, child));
    });
}
