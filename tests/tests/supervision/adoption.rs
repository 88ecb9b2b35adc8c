//! Tests adoption: a running supervisor becomes a child of another one, and nothing is stopped.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{self, Wake, Waker};
use std::thread;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{MaxRestarts, events::Event, info::ChildState, messages::SendError};
use supervisor_tests::{Order, Stage, event, printed, quiet, restarted, until, within};

/// Returns a running supervisor, and the one child that it was built with.
pub(super) async fn running(stage: &Stage, name: &str) -> (Supervisor, ChildRef<Order>) {
    let spec = stage.actor(name);
    let child = spec.handle();
    let supervisor = Supervisor::new().with_max_restarts(0).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    until("the child's first poll", || stage.alive() == name).await;
    assert_eq!(stage.log(), format!("+{name}"));
    (supervisor, child)
}

pub(super) async fn root() -> Supervisor {
    let root = Supervisor::new().build();
    within("the start", root.start()).await.unwrap();
    root
}

pub(super) fn spec(
    name: &str,
    supervisor: &Supervisor,
) -> ChildSpec<supervisor::specs::Ready<Supervisor>> {
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
