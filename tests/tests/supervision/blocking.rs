//! Tests blocking children: each life has a thread of its own, is asked to stop and never cut off,
//! and never overlaps the next one.
//!
//! On a paused clock only a stop waits for a thread: the stop's virtual time must not pass while
//! the thread needs real time.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use supervisor::prelude::*;
use supervisor::{
    Blocking, BlockingContext, ExitReason, StartMode, events::EventKind, info::ChildState,
};
use supervisor_tests::{Gauge, about, event, restarted, terminated, until, within};

const SECOND: Duration = Duration::from_secs(1);

enum Job {
    Square(u64, Reply<u64>),
    Fail,
    Panic,
    Thread(Reply<Option<String>>),
}

fn worker(gauge: &Gauge) -> Blocking<Job> {
    let gauge = gauge.clone();
    Blocking::new(move |mut ctx: BlockingContext<Job>| {
        let _life = gauge.enter();
        while let Some(job) = ctx.recv() {
            match job {
                Job::Square(number, reply) => drop(reply.send(number * number)),
                Job::Fail => return Err("the job is bad".into()),
                Job::Panic => panic!("the job is very bad"),
                Job::Thread(reply) => {
                    drop(reply.send(thread::current().name().map(str::to_owned)));
                }
            }
        }
        Ok(())
    })
}

/// Returns a child that ignores each request to stop, and goes on until the sender is dropped.
fn stubborn(gauge: &Gauge) -> (Blocking, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (released, gauge) = (Arc::new(Mutex::new(released)), gauge.clone());
    let run = move |_: BlockingContext| {
        let _life = gauge.enter();
        let _ = released.lock().unwrap().recv();
        Ok(())
    };
    (Blocking::new(run), release)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_child_handles_messages_on_its_own_thread_and_stops_when_asked() {
    let gauge = Gauge::new();
    let root = Supervisor::new().build();
    let spec = ChildSpec::new("worker").with_blocking(worker(&gauge));
    let worker = within("the child", root.add_child(spec)).await.unwrap();
    assert_eq!(worker.ask(|reply| Job::Square(12, reply)).await.unwrap(), 144);
    assert_eq!(worker.ask(Job::Thread).await.unwrap().as_deref(), Some("worker"));
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((gauge.alive(), gauge.begun()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_and_panics_are_reported_and_restarted_like_those_of_tasks() {
    let gauge = Gauge::new();
    let root = Supervisor::new().build();
    let mut events = root.events();
    let spec = ChildSpec::new("worker").with_blocking(worker(&gauge));
    let worker = within("the child", root.add_child(spec)).await.unwrap();
    within("room", worker.send(Job::Fail)).await.unwrap();
    let failed = event(&mut events, "the failure", terminated("worker")).await;
    assert_eq!(failed.to_string(), "worker: ended (life 1): error: the job is bad");
    within("room", worker.send(Job::Panic)).await.unwrap();
    let panicked = event(&mut events, "the panic", terminated("worker")).await;
    let EventKind::ChildTerminated { reason: ExitReason::Panic(panic), .. } = panicked.kind()
    else {
        panic!("{panicked}")
    };
    assert_eq!(panic.message(), "the job is very bad");
    assert!(panic.place().is_some_and(|place| place.contains("blocking.rs")), "{panic:#}");
    event(&mut events, "the restart", restarted("worker")).await;
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!((gauge.begun(), gauge.most(), gauge.alive()), (3, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_looks_for_the_first_time_after_a_stop_sees_it() {
    let (go, gone) = mpsc::channel::<()>();
    let gone = Arc::new(Mutex::new(gone));
    let spec = ChildSpec::new("late").with_blocking(Blocking::new(move |ctx: BlockingContext| {
        let _ = gone.lock().unwrap().recv();
        assert!(ctx.is_shutdown_requested());
        assert!(ctx.wait_for_shutdown(Duration::MAX));
        Ok(())
    }));
    let root = Supervisor::new().with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    let mut events = root.events();
    root.request_shutdown();
    event(
        &mut events,
        "the stop",
        about("/", |kind| matches!(kind, EventKind::SupervisorStopping)),
    )
    .await;
    drop(go);
    within("the end", root.wait()).await.unwrap();
    assert!(within("the report", root.shutdown()).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_goes_on_is_reported_and_its_life_ends_when_it_returns() {
    let gauge = Gauge::new();
    let (blocking, release) = stubborn(&gauge);
    let spec = ChildSpec::new("stubborn")
        .with_restart_policy(RestartPolicy::Transient)
        .with_shutdown(SECOND / 50)
        .with_blocking(blocking);
    let root = Supervisor::new().with_kill_grace(SECOND / 50).build();
    let mut events = root.events();
    let child = within("the child", root.add_child(spec)).await.unwrap();
    until("the thread runs", || gauge.alive() == 1).await;
    let error = within("the answer", child.terminate()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::StillRunning(_)), "{error}");
    assert_eq!((child.status(), gauge.alive()), (ChildState::Unstoppable, 1));
    let error = within("the answer", root.restart_child("stubborn")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::StillRunning(_)), "{error}");
    drop(release);
    event(
        &mut events,
        "its end",
        about("stubborn", |kind| matches!(kind, EventKind::ChildStoppedLate)),
    )
    .await;
    assert_eq!(gauge.alive(), 0);
    within("the restart", root.restart_child("stubborn")).await.unwrap();
    event(&mut events, "the end of the second life", terminated("stubborn")).await;
    assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
    assert_eq!((gauge.begun(), gauge.most()), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_goes_on_is_in_the_report_of_the_shutdown() {
    let gauge = Gauge::new();
    let (blocking, release) = stubborn(&gauge);
    let spec = ChildSpec::new("stubborn").with_shutdown(SECOND / 50).with_blocking(blocking);
    let root = Supervisor::new().with_kill_grace(SECOND / 50).with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    let killed: Vec<_> = report.killed().map(|(path, _)| path.as_str()).collect();
    let left: Vec<_> = report.not_stopped().map(|(path, _)| path.as_str()).collect();
    assert_eq!((killed, left), (vec!["stubborn"], vec!["stubborn"]));
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn a_kill_and_a_brutal_stop_ask_the_thread_and_give_it_the_kill_grace() {
    let gauge = Gauge::new();
    let root = Supervisor::new().build();
    let mut events = root.events();
    let spec =
        ChildSpec::new("worker").with_shutdown(Shutdown::BrutalKill).with_blocking(worker(&gauge));
    let worker = within("the child", root.add_child(spec)).await.unwrap();
    within("the kill", worker.kill()).await.unwrap();
    event(&mut events, "the restart", restarted("worker")).await;
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((gauge.begun(), gauge.most(), gauge.alive()), (2, 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_life_waits_for_the_end_of_the_thread() {
    // The destructor of a local variable takes a while.
    struct Slow(#[expect(dead_code)] supervisor_tests::Life);
    impl Drop for Slow {
        fn drop(&mut self) {
            thread::sleep(SECOND / 20);
        }
    }
    let gauge = Gauge::new();
    let lives = gauge.clone();
    let spec = ChildSpec::new("slow").with_blocking(Blocking::new(move |ctx: BlockingContext| {
        let _life = Slow(lives.enter());
        match ctx.incarnation() {
            1 => panic!("the first life fails"),
            2 => Err("and the second".into()),
            _ => {
                let _ = ctx.wait_for_shutdown(Duration::MAX);
                Ok(())
            }
        }
    }));
    let root = Supervisor::new().with_child(spec).build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    for _ in 0..2 {
        event(&mut events, "a restart", restarted("slow")).await;
    }
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!((gauge.begun(), gauge.most(), gauge.alive()), (3, 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_child_can_report_that_it_is_ready() {
    let root = Supervisor::new().build();
    let spec = ChildSpec::new("ready").with_start(StartMode::Notify);
    let spec = spec.with_blocking(Blocking::new(|mut ctx: BlockingContext| {
        ctx.ready();
        while ctx.recv().is_some() {}
        Ok(())
    }));
    within("the start", root.add_child(spec)).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[tokio::test]
async fn a_thread_that_drops_its_context_before_it_is_ready_has_failed_to_start() {
    let gauge = Gauge::new();
    let life = gauge.clone();
    let quitter = Blocking::new(move |ctx: BlockingContext| {
        let _life = life.enter();
        let asked = ctx.shutdown_requested();
        drop(ctx);
        // The thread goes on, but it can no longer report that it is ready.
        tokio::runtime::Handle::current().block_on(asked);
        Ok(())
    });
    let spec = ChildSpec::new("a").with_blocking(quitter).with_start(StartMode::Notify);
    let root = Supervisor::new().build();
    let began = Instant::now();
    let error = within("an answer", root.add_child(spec)).await.unwrap_err();
    let text = "child `a` did not start: dropped its context before it was ready";
    assert_eq!(error.to_string(), text);
    // The failure comes long before the start time-out.
    assert!(began.elapsed() < 10 * SECOND, "{:?}", began.elapsed());
    assert_eq!((gauge.alive(), gauge.begun()), (0, 1));
}

#[tokio::test]
async fn a_thread_that_returns_before_it_is_ready_keeps_its_own_reason() {
    // The context is dropped a moment before the supervisor knows the result.
    let fails = Blocking::new(|_: BlockingContext| Err("the port is taken".into()));
    let spec = ChildSpec::new("a").with_blocking(fails).with_start(StartMode::Notify);
    let root = Supervisor::new().build();
    let error = within("an answer", root.add_child(spec)).await.unwrap_err();
    assert_eq!(error.to_string(), "child `a` did not start: error: the port is taken");
    let declines = Blocking::new(|_: BlockingContext| Ok(()));
    let spec = ChildSpec::new("b").with_blocking(declines).with_start(StartMode::Notify);
    let error = within("an answer", root.add_child(spec)).await.unwrap_err();
    assert_eq!(error.to_string(), "child `b` declined to start");
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_can_wait_for_futures_but_not_for_its_own_end() {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let root = Supervisor::new().build();
    let own = Supervisor::clone(&root);
    let weak = Arc::new(Mutex::new(Some(own)));
    let spec = ChildSpec::new("caller")
        .with_restart_policy(RestartPolicy::Temporary)
        .with_blocking(Blocking::new(move |ctx: BlockingContext| {
            let root = weak.lock().unwrap().take().expect("one life");
            let _ = sender.lock().unwrap().send(ctx.block_on(async {
                tokio::time::sleep(SECOND / 100).await;
                tokio::spawn(async {}).await.unwrap();
                root.shutdown().await
            }));
            Ok(())
        }));
    let mut events = root.events();
    within("the child", root.add_child(spec)).await.unwrap();
    event(&mut events, "its end", terminated("caller")).await;
    assert!(matches!(receiver.recv().unwrap(), Err(SupervisorError::FromInside(_))));
}

#[tokio::test(start_paused = true)]
async fn workers_of_a_pool_can_block() {
    let pool = Supervisor::new()
        .build_pool(ChildSpec::per_worker::<Blocking<Job>>("worker").with_shutdown(10 * SECOND));
    within("the start", pool.supervisor().start()).await.unwrap();
    let gauge = Gauge::new();
    for _ in 0..20 {
        within("a worker", pool.add_worker_with(worker(&gauge))).await.unwrap();
    }
    let report = within("the shutdown", pool.supervisor().shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!(gauge.alive(), 0);
}

#[test]
fn a_runtime_that_goes_away_asks_the_thread_to_stop() {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(Some(sender));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let spec =
        ChildSpec::new("child").with_blocking(Blocking::new(move |mut ctx: BlockingContext| {
            let sender = sender.lock().unwrap().take().expect("one life");
            sender.send("runs").unwrap();
            while ctx.recv().is_some() {}
            sender.send("stops").unwrap();
            Ok(())
        }));
    let root = Supervisor::new().with_child(spec).build();
    runtime.block_on(root.start()).unwrap();
    assert_eq!(receiver.recv(), Ok("runs"));
    drop(runtime);
    assert_eq!(receiver.recv_timeout(Duration::from_secs(30)), Ok("stops"));
}

/// The time that the drop of a runtime takes while a child goes on, with a grace of 20 seconds, after
/// this part of a stop.
fn drop_of_a_runtime(paused: bool, stop: fn(Supervisor, ChildRef)) -> Duration {
    let gauge = Gauge::new();
    let (blocking, release) = stubborn(&gauge);
    let spec = ChildSpec::new("stubborn").with_blocking(blocking);
    let child = spec.handle();
    let root = Supervisor::new().with_kill_grace(20 * SECOND).with_child(spec).build();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(paused).build().unwrap();
    runtime.block_on(async {
        within("the start", root.start()).await.unwrap();
        stop(root.clone(), child);
        // The supervisor and the child's stand-in have their turns.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    });
    let began = Instant::now();
    drop(runtime);
    drop(release);
    began.elapsed()
}

#[test]
fn a_runtime_that_goes_away_does_not_wait_for_the_thread() {
    for paused in [false, true] {
        for stop in [
            |_, _| {},
            |root: Supervisor, _| root.request_shutdown(),
            |_, child: ChildRef| drop(tokio::spawn(async move { child.kill().await })),
        ] {
            let time = drop_of_a_runtime(paused, stop);
            assert!(time < 10 * SECOND, "{time:?} (paused: {paused})");
        }
    }
}

#[test]
fn its_stop_leaves_the_blocking_pool_to_the_program() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let builder = builder.worker_threads(2).max_blocking_threads(1).enable_all();
    let runtime = builder.build().unwrap();
    let report = runtime.block_on(async {
        // It needs the pool to clean up.
        let run = |ctx: BlockingContext| {
            assert!(ctx.wait_for_shutdown(Duration::MAX));
            ctx.block_on(tokio::task::spawn_blocking(|| {}))?;
            Ok(())
        };
        let spec = ChildSpec::new("worker").with_shutdown(Shutdown::Infinity);
        let root = Supervisor::new().with_child(spec.with_blocking(Blocking::new(run))).build();
        within("the start", root.start()).await.unwrap();
        tokio::time::timeout(10 * SECOND, root.shutdown()).await
    });
    runtime.shutdown_background();
    assert!(report.expect("the shutdown ends").unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn virtual_time_passes_while_a_thread_runs() {
    let gauge = Gauge::new();
    let root =
        Supervisor::new().with_child(ChildSpec::new("w").with_blocking(worker(&gauge))).build();
    within("the start", root.start()).await.unwrap();
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(began.elapsed() < Duration::from_secs(60));
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[tokio::test]
async fn a_thread_that_is_stopped_before_it_ran_is_still_asked() {
    let gauge = Gauge::new();
    let lives = gauge.clone();
    let early = Blocking::new(move |ctx: BlockingContext| {
        let _life = lives.enter();
        let _ = ctx.wait_for_shutdown(Duration::MAX);
        Ok(())
    });
    // An abort drops a child without asking it; a thread cannot be dropped, so it is asked.
    let spec = ChildSpec::new("early").with_shutdown(Shutdown::BrutalKill).with_blocking(early);
    let root = Supervisor::new().build();
    within("the start", root.start()).await.unwrap();
    // Both commands are in the inbox before the supervisor reads it: it starts and stops the child
    // in one turn.
    let both = async { tokio::join!(root.add_child(spec), root.terminate_child("early")) };
    let (added, terminated) = within("both", both).await;
    added.unwrap();
    terminated.unwrap();
    assert_eq!(gauge.alive(), 0);
}
