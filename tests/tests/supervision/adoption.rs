//! Tests adoption: a running supervisor becomes a child of another one, and nothing is stopped.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{self, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    ExitReason, MaxRestarts, StartMode, SupervisionStrategy, events::Event, info::ChildState,
    messages::SendError,
};
use supervisor_tests::{Order, Stage, event, printed, quiet, restarted, terminated, until, within};

/// Returns a running supervisor, and the one child that it was built with.
async fn running(stage: &Stage, name: &str) -> (Supervisor, ChildRef<Order>) {
    let spec = stage.actor(name);
    let child = spec.handle();
    let supervisor = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    until("the child's first poll", || stage.alive() == name).await;
    assert_eq!(stage.log(), format!("+{name}"));
    (supervisor, child)
}

async fn root() -> Supervisor {
    let root = Supervisor::new().build();
    within("the start", root.start()).await.unwrap();
    root
}

fn spec(name: &str, supervisor: &Supervisor) -> ChildSpec<supervisor::specs::Ready<Supervisor>> {
    ChildSpec::new(name).with_supervisor(supervisor.clone())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stopped_and_the_paths_change() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    assert_eq!((sub.path().as_str(), child.path().as_str()), ("/", "a"));
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "");
    assert_eq!((sub.path().as_str(), child.path().as_str()), ("sub", "sub/a"));
    assert_eq!((child.incarnation(), child.status()), (1, ChildState::Running));
    child.send(Order::Note(1)).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "1");
}

#[tokio::test(start_paused = true)]
async fn the_parent_stops_an_adopted_supervisor() {
    let stage = Stage::new();
    let (sub, _child) = running(&stage, "a").await;
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "-a");
    within("its end", sub.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_parent_restarts_it_with_the_children_from_before_the_adoption() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let before = within("a child", sub.add_child(stage.actor("before"))).await.unwrap();
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    let after = within("a child", sub.add_child(stage.actor("after"))).await.unwrap();
    quiet().await;
    let _log = stage.log();
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("sub")).await;
    quiet().await;
    assert_eq!(stage.log(), "-a -after -before +a +before");
    before.send(Order::Note(1)).await.unwrap();
    let error = after.send(Order::Note(2)).await.unwrap_err();
    assert_eq!(error, SendError::Gone(Order::Note(2)));
}

#[tokio::test(start_paused = true)]
async fn an_adopted_pool_comes_back_without_its_workers() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_max_restarts(0).with_template(stage.actor("w")).build();
    let worker = within("a worker", pool.add_worker()).await.unwrap();
    let root = root().await;
    within("the adoption", root.add_child(spec("pool", &pool))).await.unwrap();
    assert_eq!(worker.path(), "pool/#1");
    let mut events = root.events();
    worker.downcast::<Order>().unwrap().send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("pool")).await;
    quiet().await;
    assert!(within("the list", pool.which_children()).await.unwrap().is_empty());
    let next = within("a worker", pool.add_worker()).await.unwrap();
    assert_eq!(next.path(), "pool/#2", "numbers are not used again");
}

#[tokio::test(start_paused = true)]
async fn an_adopted_supervisor_that_gives_up_is_one_failure_for_its_parent() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = Supervisor::new().with_max_restarts(0).build();
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    let error = within("the end", root.wait()).await.unwrap_err();
    assert!(error.to_string().contains("sub/a"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn handles_of_an_adopted_supervisor_keep_nothing_alive_and_stop_nothing() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    drop(sub);
    quiet().await;
    assert_eq!(stage.alive(), "a");
    drop(root);
    quiet().await;
    assert_eq!(stage.alive(), "");
    child.send(Order::Return).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_declared_running_supervisor_is_adopted_at_the_start() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root =
        Supervisor::new().with_child(spec("sub", &sub)).with_child(stage.actor("last")).build();
    quiet().await;
    assert_eq!(stage.log(), "");
    within("the start", root.start()).await.unwrap();
    quiet().await;
    assert_eq!((stage.log().as_str(), child.incarnation()), ("+last", 1));
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("sub")).await;
    quiet().await;
    assert_eq!(stage.log(), "-a +a");
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "-last -a");
}

#[tokio::test(start_paused = true)]
async fn a_running_supervisor_declared_in_a_tree_that_never_starts_is_shut_down_with_it() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = Supervisor::new().with_child(spec("sub", &sub)).build();
    drop(root);
    within("its end", sub.wait()).await.unwrap();
    assert_eq!(stage.log(), "-a");
    let error = child.send(Order::Return).await.unwrap_err();
    assert_eq!(error, SendError::Gone(Order::Return));
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_with_a_parent_is_refused_and_left_alone() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let dynamic = within("a child", sub.add_child(stage.actor("d"))).await.unwrap();
    let (first, second) = (root().await, root().await);
    within("the adoption", first.add_child(spec("sub", &sub))).await.unwrap();
    let later = within("a child", sub.add_child(stage.actor("later"))).await.unwrap();
    let error = within("another", second.add_child(spec("sub", &sub))).await.unwrap_err();
    let SupervisorError::AlreadySupervised(path) = error else { panic!("{error}") };
    assert_eq!(path, "sub");
    assert_eq!((sub.path().as_str(), child.status()), ("sub", ChildState::Running));
    // The refused attempt does not declare `later`: the restart of `sub` forgets it.
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    dynamic.send(Order::Note(1)).await.unwrap();
    later.send(Order::Note(2)).await.unwrap_err();
    assert!(second.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cycle_is_refused() {
    let (a, b) = (root().await, root().await);
    within("the adoption", a.add_child(spec("b", &b))).await.unwrap();
    let error = within("itself", a.add_child(spec("a", &a))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Cycle(_)), "{error}");
    let error = within("its ancestor", b.add_child(spec("a", &a))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Cycle(_)), "{error}");
    within("the shutdown", a.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_ended_supervisor_is_refused() {
    let (ended, root) = (root().await, root().await);
    within("the shutdown", ended.shutdown()).await.unwrap();
    let error = within("the adoption", root.add_child(spec("sub", &ended))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(_, ExitReason::Shutdown)), "{error}");
    assert!(root.which_children().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refused_supervisor_goes_on_as_its_own_root() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let mut events = sub.events();
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    let _log = stage.log();
    let error = within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::AlreadyStarted(_)), "{error}");
    assert_eq!((sub.path().as_str(), child.path().as_str()), ("/", "a"));
    within("the shutdown", root.shutdown()).await.unwrap();
    child.send(Order::Note(1)).await.unwrap();
    within("the shutdown", sub.shutdown()).await.unwrap();
    event(&mut events, "its events", terminated("a")).await;
    while within("the end of the events", events.next()).await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_refused_supervisor_without_handles_shuts_down() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    let spec = ChildSpec::new("sub").with_supervisor(sub);
    within("the adoption", root.add_child(spec)).await.unwrap_err();
    quiet().await;
    assert_eq!(stage.alive(), "sub");
    child.send(Order::Return).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_refused_supervisor_that_never_ran_can_still_be_used() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("a")).build();
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    within("the refusal", root.add_child(spec("sub", &sub))).await.unwrap_err();
    within("another name", root.add_child(spec("other", &sub))).await.unwrap();
    quiet().await;
    assert_eq!((stage.alive().as_str(), sub.path().as_str()), ("a sub", "other"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_dropped_call_leaves_the_supervisor_as_its_own_root() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    within("a child", root.add_child(stage.actor("sub"))).await.unwrap();
    let mut adding = Box::pin(root.add_child(spec("sub", &sub)));
    std::future::poll_fn(|cx| {
        assert!(adding.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    drop(adding);
    quiet().await;
    assert_eq!(child.path(), "a");
    within("the shutdown", sub.shutdown()).await.unwrap();
    assert_eq!(stage.alive(), "sub");
}

#[tokio::test(start_paused = true)]
async fn subscribers_of_an_adopted_supervisor_go_on_with_longer_paths() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let mut events = sub.events();
    let root = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).build();
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    within("a child", root.add_child(stage.actor("other"))).await.unwrap();
    child.send(Order::Return).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let lines = printed(&mut events);
    assert!(lines.contains(&"sub/a: ended (life 1): normal".to_owned()), "{lines:#?}");
    let below = |line: &String| line.starts_with("sub");
    assert!(lines.iter().all(below), "only its own part: {lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_during_its_adoption_is_restarted() {
    let stage = Stage::new();
    let (sub, child) = running(&stage, "a").await;
    let root = root().await;
    let fits = |event: &Event| restarted("sub")(event);
    let mut events = root.events();
    child.try_send(Order::Fail).unwrap();
    within("the adoption", root.add_child(spec("sub", &sub))).await.unwrap();
    event(&mut events, "the restart", fits).await;
    quiet().await;
    assert_eq!(stage.alive(), "a");
}

/// Runs two calls on two threads at the same moment, and returns both results.
fn at_once<A: Send + 'static, B: Send + 'static>(
    runtime: &tokio::runtime::Runtime,
    spins: (usize, usize),
    first: impl Future<Output = A> + Send + 'static,
    second: impl Future<Output = B> + Send + 'static,
) -> (A, B) {
    let barrier = Arc::new(Barrier::new(2));
    let (other, handle) = (Arc::clone(&barrier), runtime.handle().clone());
    let thread = thread::spawn(move || {
        other.wait();
        (0..spins.0).for_each(|_| std::hint::spin_loop());
        handle.block_on(within("the first call", first))
    });
    barrier.wait();
    (0..spins.1).for_each(|_| std::hint::spin_loop());
    let second = runtime.block_on(within("the second call", second));
    (thread.join().unwrap(), second)
}

fn two_threads() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn a_shutdown_during_an_adoption_is_neither_lost_nor_hangs() {
    let runtime = two_threads();
    let parent = runtime.block_on(root());
    for round in 0..200 {
        let stage = Stage::new();
        let (supervisor, _) = runtime.block_on(running(&stage, "worker"));
        let (stopped, added) = (supervisor.clone(), parent.clone());
        let (name, waits) = (format!("s{round}"), round % 2 == 0);
        let adopted = spec(&name, &supervisor);
        let shutdown = async move {
            if waits {
                stopped.shutdown().await.unwrap();
            } else {
                stopped.request_shutdown();
            }
        };
        let add = async move { added.add_child(adopted).await.map(drop) };
        let ((), added) = at_once(&runtime, (round % 97 * 20, round % 89 * 20), shutdown, add);
        let ended = within("the end", supervisor.wait());
        assert!(runtime.block_on(ended).is_ok(), "round {round}: {added:?}");
        assert_eq!(stage.alive(), "", "round {round}");
        runtime.block_on(async {
            drop(parent.terminate_child(&name).await);
            drop(parent.delete_child(&name).await);
        });
    }
}

#[test]
fn two_supervisors_that_adopt_each_other_are_no_cycle() {
    let runtime = two_threads();
    for round in 0..200 {
        let (a, b) = (Supervisor::new().build(), Supervisor::new().build());
        if round % 2 == 0 {
            runtime.block_on(async { a.start().await.unwrap() });
            runtime.block_on(async { b.start().await.unwrap() });
        }
        let (into_a, into_b) = (a.clone(), b.clone());
        let (of_a, of_b) = (spec("a", &a), spec("b", &b));
        let first = async move { into_a.add_child(of_b).await.is_ok() };
        let second = async move { into_b.add_child(of_a).await.is_ok() };
        let (first, second) = at_once(&runtime, (0, round % 50), first, second);
        assert!(!(first && second), "round {round}: each is below the other");
        drop((a.path(), b.path()));
    }
}

#[test]
fn a_child_can_be_added_to_a_supervisor_that_is_being_adopted() {
    let runtime = two_threads();
    let parent = runtime.block_on(root());
    for round in 0..200 {
        let stage = Stage::new();
        let supervisor = Supervisor::new().build();
        let (below, above, name) = (supervisor.clone(), parent.clone(), format!("s{round}"));
        let (child, adopted) = (stage.actor("child"), spec(&name, &supervisor));
        let add = async move { below.add_child(child).await.map(drop) };
        let adopt = async move { above.add_child(adopted).await.map(drop) };
        let spins = (round % 97 * 20, round % 89 * 20);
        let (added, adopted) = at_once(&runtime, spins, add, adopt);
        assert!(added.is_ok() && adopted.is_ok(), "round {round}: {added:?}, {adopted:?}");
        runtime.block_on(until("the child's first poll", || stage.alive() == "child"));
    }
    shut_down(&runtime, &parent);
}

fn shut_down(runtime: &tokio::runtime::Runtime, root: &Supervisor) {
    runtime.block_on(within("the shutdown", root.shutdown())).unwrap();
}

#[test]
fn no_event_is_lost_in_an_adoption() {
    let runtime = two_threads();
    let parent = runtime.block_on(root());
    for round in 0..100 {
        let stage = Stage::new();
        let (supervisor, _) = runtime.block_on(running(&stage, "worker"));
        let mut events = supervisor.events();
        let (below, above, name) = (supervisor.clone(), parent.clone(), format!("s{round}"));
        let adopted = spec(&name, &supervisor);
        let adds: Vec<_> = (0..20).map(|at| stage.actor(&format!("child{at}"))).collect();
        let add = async move {
            for child in adds {
                below.add_child(child).await.unwrap();
            }
        };
        let adopt = async move { above.add_child(adopted).await.map(drop).unwrap() };
        let spins = (round % 97 * 20, round % 89 * 100);
        let ((), ()) = at_once(&runtime, spins, add, adopt);
        let mut started = 0;
        while let Some(event) = events.try_next() {
            started += usize::from(event.path().as_str().contains("child"));
        }
        assert_eq!(started, 20, "round {round}");
    }
    shut_down(&runtime, &parent);
}

/// A child that is not ready for an hour, so that its supervisor has no time for a group.
async fn slow_to_start(mut ctx: Context) -> ChildResult {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    ctx.ready();
    ctx.shutdown_requested().await;
    Ok(())
}

/// Returns a supervisor of a child whose function holds a share of this value.
fn holding(value: &Arc<()>, name: &str) -> Supervisor {
    let held = Arc::clone(value);
    let task = move |ctx: Context| {
        let held = Arc::clone(&held);
        async move {
            ctx.shutdown_requested().await;
            drop(held);
            Ok(())
        }
    };
    Supervisor::new().with_child(ChildSpec::new(name).with_task(task)).build()
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_shut_down_before_its_turn_is_refused_and_leaves_nothing() {
    let value = Arc::new(());
    let sub = holding(&value, "a");
    within("the start", sub.start()).await.unwrap();
    let busy = Supervisor::new().with_strategy(SupervisionStrategy::OneForAll).build();
    within("the start", busy.start()).await.unwrap();
    let slow = ChildSpec::new("slow").with_start(StartMode::Notify);
    let slow = slow.with_start_timeout(Duration::from_secs(7200)).with_task(slow_to_start);
    let starting = tokio::spawn({
        let busy = busy.clone();
        async move { busy.add_child(slow).await.map(drop) }
    });
    quiet().await;
    let adopting = tokio::spawn({
        let (busy, spec) = (busy.clone(), spec("sub", &sub));
        async move { busy.add_child(spec).await.map(drop) }
    });
    quiet().await;
    within("the shutdown", sub.shutdown()).await.unwrap();
    within("the child", starting).await.unwrap().unwrap();
    let error = within("the refusal", adopting).await.unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    assert_eq!(sub.path(), "/", "it is no part of the other tree");
    drop(sub);
    quiet().await;
    assert_eq!(Arc::strong_count(&value), 1);
    within("the shutdown", busy.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_whose_declaration_breaks_a_rule_leaves_nothing_when_it_is_refused() {
    let value = Arc::new(());
    let faulty = Supervisor::new()
        .with_child(ChildSpec::new("holds").with_supervisor(holding(&value, "a")))
        .with_child(ChildSpec::new("").with_supervisor(holding(&value, "b")))
        .build();
    let root = root().await;
    let spec = ChildSpec::new("faulty").with_supervisor(faulty);
    within("the refusal", root.add_child(spec)).await.unwrap_err();
    quiet().await;
    assert_eq!(Arc::strong_count(&value), 1);
    within("the shutdown", root.shutdown()).await.unwrap();
}

/// A waker that joins two other trees.
struct Joins(AtomicUsize);

impl Wake for Joins {
    fn wake(self: Arc<Self>) {
        let part = ChildSpec::new("part").with_supervisor(Supervisor::new().build());
        drop(Supervisor::new().with_child(part).build());
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Those who watch the health of a tree, or wait for its end, are woken without a lock.
#[test]
fn a_waker_may_join_trees() {
    let (done, waits) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (parent, part) = (Supervisor::new().build(), Supervisor::new().build());
            let mut changes = part.health_changes();
            assert!(changes.next().await.is_some(), "the health at first");
            let joins = Arc::new(Joins(AtomicUsize::new(0)));
            {
                let waker = Waker::from(Arc::clone(&joins));
                let mut next = pin!(changes.next());
                assert!(next.as_mut().poll(&mut task::Context::from_waker(&waker)).is_pending());
                parent.start().await.unwrap();
                parent.add_child(ChildSpec::new("part").with_supervisor(part)).await.unwrap();
            }
            assert!(joins.0.load(Ordering::Relaxed) > 0, "it was woken");
            parent.shutdown().await.unwrap();
        });
        done.send(()).unwrap();
    });
    let limit = Duration::from_secs(20);
    waits.recv_timeout(limit).expect("the adoption waits for a lock that it holds");
}
