//! Tests the tasks that a life spawns: they end with the life, and the life is not over before.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use supervisor::info::ChildState;
use supervisor::prelude::*;
use supervisor::tasks::Tasks;
use supervisor::{ExitReason, StartMode};
use supervisor_tests::{Gauge, event, quiet, restarted, terminated, within};
use tokio::sync::mpsc;

/// Makes a child whose lives spawn this many tasks that wait for ever, and then end as they are told.
pub(super) fn spawner(
    gauge: &Gauge,
    tasks: usize,
) -> (ChildSpec<supervisor::specs::Ready<ChildRef>>, mpsc::UnboundedSender<ChildResult>) {
    let (sender, ends) = mpsc::unbounded_channel::<ChildResult>();
    let (gauge, ends) = (gauge.clone(), Arc::new(tokio::sync::Mutex::new(ends)));
    let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
        let (gauge, ends) = (gauge.clone(), Arc::clone(&ends));
        async move {
            assert_eq!(gauge.alive(), 0, "tasks of an earlier life go on");
            for _ in 0..tasks {
                let guard = gauge.enter();
                ctx.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
            }
            let mut ends = ends.lock().await;
            let end = ctx.until_shutdown(ends.recv()).await;
            end.flatten().unwrap_or(Ok(()))
        }
    });
    (spec, sender)
}

#[tokio::test(start_paused = true)]
async fn tasks_are_gone_before_the_next_life_begins() {
    let gauge = Gauge::new();
    let (spec, ends) = spawner(&gauge, 3);
    let root = Supervisor::new().with_max_restarts(10).with_child(spec).build();
    let mut events = root.events();
    root.start().await.unwrap();
    for end in [Err("a failure".into()), Ok(()), Err("another".into())] {
        quiet().await;
        assert_eq!(gauge.alive(), 3);
        ends.send(end).unwrap();
        event(&mut events, "the next life", restarted("child")).await;
    }
    quiet().await;
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!((gauge.alive(), gauge.most()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_a_life_with_tasks_is_its_own() {
    let gauge = Gauge::new();
    let (spec, ends) = spawner(&gauge, 1);
    let spec = spec.with_restart_policy(RestartPolicy::Transient);
    let root = Supervisor::new().build();
    let child = root.add_child(spec).await.unwrap();
    let mut events = root.events();
    quiet().await;
    ends.send(Err("a failure".into())).unwrap();
    let end = event(&mut events, "the end", terminated("child")).await;
    assert_eq!(end.to_string(), "child: ended (life 1): error: a failure");
    event(&mut events, "the next life", restarted("child")).await;
    quiet().await;
    ends.send(Ok(())).unwrap();
    let reason = within("the end for good", child.ended()).await;
    assert!(matches!(reason, Some(ExitReason::Normal)), "{reason:?}");
    assert_eq!((child.status(), gauge.alive()), (ChildState::Finished, 0));
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_killed_life_takes_its_tasks_along() {
    let gauge = Gauge::new();
    let (spec, _ends) = spawner(&gauge, 5);
    let root = Supervisor::new().build();
    let child = root.add_child(spec).await.unwrap();
    quiet().await;
    within("the kill", child.kill()).await.unwrap();
    assert!(matches!(child.last_exit(), Some(ExitReason::Killed)));
    quiet().await;
    assert_eq!((gauge.alive(), gauge.most(), child.incarnation()), (5, 5, 2));
    within("the stop", child.terminate()).await.unwrap();
    assert_eq!(gauge.alive(), 0);
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_leaves_none_of_ten_thousand_tasks() {
    let gauge = Gauge::new();
    let (spec, _ends) = spawner(&gauge, 10_000);
    let root = Supervisor::new().with_child(spec).build();
    root.start().await.unwrap();
    quiet().await;
    assert_eq!(gauge.alive(), 10_000);
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!(gauge.alive(), 0);
}

/// The same with all tasks on other threads, some of them in the middle of a poll.
#[test]
fn tasks_on_many_threads_are_gone_after_a_shutdown() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    for _ in 0..50 {
        runtime.block_on(async {
            let gauge = Gauge::new();
            let own = gauge.clone();
            let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
                let gauge = own.clone();
                async move {
                    for _ in 0..100 {
                        let guard = gauge.enter();
                        ctx.spawn(async move {
                            let _guard = guard;
                            loop {
                                tokio::task::yield_now().await;
                            }
                        });
                    }
                    ctx.shutdown_requested().await;
                    Ok(())
                }
            });
            let root = Supervisor::new().build();
            let child = root.add_child(spec).await.unwrap();
            within("the kill", child.kill()).await.unwrap();
            let report = within("the shutdown", root.shutdown()).await.unwrap();
            assert!(report.is_clean(), "{report}");
            assert_eq!(gauge.alive(), 0);
        });
    }
}

/// A child whose first life spawns a task that panics when it is told to.
fn with_panic(
    go: Arc<tokio::sync::Notify>,
    cleaned: Arc<AtomicBool>,
) -> ChildSpec<supervisor::specs::Ready<ChildRef>> {
    ChildSpec::new("child").with_task(move |ctx: Context| {
        let (go, cleaned) = (Arc::clone(&go), Arc::clone(&cleaned));
        async move {
            if ctx.incarnation() == 1 {
                ctx.spawn(async move {
                    go.notified().await;
                    panic!("a task fails");
                });
            }
            ctx.shutdown_requested().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            cleaned.store(true, Ordering::SeqCst);
            Ok(())
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_is_a_failure_of_the_life() {
    let (go, cleaned) = (Arc::new(tokio::sync::Notify::new()), Arc::default());
    let root = Supervisor::new().build();
    let child = root.add_child(with_panic(Arc::clone(&go), Arc::clone(&cleaned))).await.unwrap();
    let mut events = root.events();
    quiet().await;
    go.notify_one();
    let end = event(&mut events, "the end of the life", terminated("child")).await;
    let text = end.to_string();
    assert!(text.starts_with("child: ended (life 1): panic: a task fails, at tests"), "{text}");
    event(&mut events, "the next life", restarted("child")).await;
    assert_eq!(child.incarnation(), 2);
    assert!(!cleaned.load(Ordering::SeqCst), "the life was not asked");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_task_during_a_stop_cuts_no_clean_up_short() {
    let (go, cleaned) = (Arc::new(tokio::sync::Notify::new()), Arc::<AtomicBool>::default());
    let root = Supervisor::new().build();
    let child = root.add_child(with_panic(Arc::clone(&go), Arc::clone(&cleaned))).await.unwrap();
    quiet().await;
    let stop = tokio::spawn({
        let child = child.clone();
        async move { child.terminate().await }
    });
    quiet().await;
    go.notify_one();
    within("the stop", stop).await.unwrap().unwrap();
    assert!(cleaned.load(Ordering::SeqCst));
    let reason = child.last_exit().unwrap().to_string();
    assert!(reason.starts_with("panic: a task fails"), "{reason}");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_before_the_child_is_ready_fails_the_start() {
    let spec =
        ChildSpec::new("child").with_start(StartMode::Notify).with_task(async |ctx: Context| {
            ctx.spawn(async { panic!("a task fails") });
            ctx.shutdown_requested().await;
            Ok(())
        });
    let root = Supervisor::new().build();
    let error = within("the start", root.add_child(spec)).await.unwrap_err();
    assert!(matches!(&error, SupervisorError::StartFailed(_, ExitReason::Panic(_))), "{error}");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_context_that_a_task_drops_before_it_is_ready_fails_the_start() {
    let spec =
        ChildSpec::new("child").with_start(StartMode::Notify).with_task(async |ctx: Context| {
            let tasks = ctx.tasks();
            tasks.spawn(async move { drop(ctx) });
            pending().await
        });
    let root = Supervisor::new().build();
    let error = within("the start", root.add_child(spec)).await.unwrap_err();
    assert!(
        matches!(error, SupervisorError::StartFailed(_, ExitReason::StartAbandoned)),
        "{error}"
    );
    root.shutdown().await.unwrap();
}

/// Spawns a task that spawns one, and so on.
fn spawn_on(tasks: &Tasks, gauge: Gauge, depth: usize) {
    let (own, guard) = (tasks.clone(), gauge.enter());
    tasks.spawn(async move {
        let _guard = guard;
        if depth > 0 {
            spawn_on(&own, gauge, depth - 1);
        }
        pending::<()>().await;
    });
}

#[tokio::test(start_paused = true)]
async fn tasks_that_tasks_spawn_end_with_the_life_too() {
    let gauge = Gauge::new();
    let own = gauge.clone();
    let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
        let gauge = own.clone();
        async move {
            spawn_on(&ctx.tasks(), gauge, 20);
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let root = Supervisor::new().build();
    let child = root.add_child(spec).await.unwrap();
    quiet().await;
    assert_eq!(gauge.alive(), 21);
    within("the kill", child.kill()).await.unwrap();
    quiet().await;
    assert_eq!((gauge.alive(), gauge.most()), (21, 21));
    root.shutdown().await.unwrap();
    assert_eq!(gauge.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_spawn_after_the_end_of_the_life_is_refused() {
    let (sender, mut kept) = mpsc::unbounded_channel();
    let leaver = ChildSpec::new("leaver").with_restart_policy(RestartPolicy::Temporary).with_task(
        move |ctx: Context| {
            let sent = sender.send((ctx.tasks(), ctx));
            async move { sent.map_err(|_| "the test is over".into()) }
        },
    );
    let root = Supervisor::new().build();
    let child = root.add_child(leaver).await.unwrap();
    let (tasks, ctx) = within("the context", kept.recv()).await.unwrap();
    within("the end", child.ended()).await;
    let gauge = Gauge::new();
    for task in [tasks.spawn(alive(&gauge)), ctx.spawn(alive(&gauge))] {
        assert_eq!(within("the refusal", task).await, None);
    }
    assert_eq!((gauge.alive(), tasks.len()), (0, 0));
    within("no task", ctx.tasks().wait()).await;
    root.shutdown().await.unwrap();
}

/// A future that holds a guard, and waits for ever.
fn alive(gauge: &Gauge) -> impl Future<Output = ()> + Send + 'static {
    let guard = gauge.enter();
    async move {
        let _guard = guard;
        pending::<()>().await;
    }
}

/// A task that is being aborted spawns in its destructor.
struct SpawnsInDrop(Tasks, Gauge);

impl Drop for SpawnsInDrop {
    fn drop(&mut self) {
        self.0.spawn(alive(&self.1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_spawn_in_a_destructor_at_the_end_of_the_life_is_refused() {
    let gauge = Gauge::new();
    let own = gauge.clone();
    let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
        let in_drop = SpawnsInDrop(ctx.tasks(), own.clone());
        ctx.spawn(async move {
            let _in_drop = in_drop;
            pending::<()>().await;
        });
        async move {
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let root = Supervisor::new().with_child(spec).build();
    root.start().await.unwrap();
    quiet().await;
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(gauge.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_output_of_a_task_comes_back_and_a_task_can_be_aborted() {
    let (sender, mut seen) = mpsc::unbounded_channel();
    let gauge = Gauge::new();
    let own = gauge.clone();
    let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
        let (sender, gauge) = (sender.clone(), own.clone());
        async move {
            let tasks = ctx.tasks();
            let output = tasks.spawn(async { 7 }).await;
            let aborted = tasks.spawn(alive(&gauge));
            tokio::task::yield_now().await;
            aborted.abort();
            let aborted = aborted.await;
            tasks.wait().await;
            let _ = sender.send((output, aborted, tasks.len(), gauge.alive()));
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let root = Supervisor::new().with_child(spec).build();
    root.start().await.unwrap();
    assert_eq!(within("the outputs", seen.recv()).await, Some((Some(7), None, 0, 0)));
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tasks_that_are_waited_for_finish_within_the_shutdown_time() {
    let finished = Gauge::new();
    let own = finished.clone();
    let spec = ChildSpec::new("child").with_shutdown(Duration::from_secs(10)).with_task(
        move |ctx: Context| {
            let finished = own.clone();
            async move {
                for seconds in [1, 9, 60] {
                    let (stop, finished) = (ctx.shutdown_requested(), finished.clone());
                    ctx.spawn(async move {
                        stop.await;
                        tokio::time::sleep(Duration::from_secs(seconds)).await;
                        drop(finished.enter());
                    });
                }
                ctx.shutdown_requested().await;
                ctx.tasks().wait().await;
                Ok(())
            }
        },
    );
    let root = Supervisor::new().with_child(spec).build();
    root.start().await.unwrap();
    quiet().await;
    let began = tokio::time::Instant::now();
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!((finished.begun(), report.killed().count()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_would_wait_for_its_own_child_is_told_so() {
    let (sender, mut verdicts) = mpsc::unbounded_channel();
    let spec = ChildSpec::new("child").with_task(move |ctx: Context| {
        let (own, sender) = (ctx.address(), sender.clone());
        let supervisor = ctx.supervisor();
        ctx.spawn(async move {
            let stopped = own.terminate().await.unwrap_err();
            let _ = sender.send(stopped);
            let shut = supervisor.upgrade().unwrap().shutdown().await.unwrap_err();
            let _ = sender.send(shut);
        });
        async move {
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let root = Supervisor::new().with_child(spec).build();
    root.start().await.unwrap();
    for _ in 0..2 {
        let verdict = within("the verdict", verdicts.recv()).await.unwrap();
        assert!(matches!(verdict, SupervisorError::FromInside(_)), "{verdict}");
    }
    root.shutdown().await.unwrap();
}
