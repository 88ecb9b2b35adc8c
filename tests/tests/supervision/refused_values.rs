//! Tests that the value of a worker that is refused comes back.

use std::sync::{Arc, Mutex};

use supervisor::pool::AddWorkerError;
use supervisor::prelude::*;
use supervisor::specs::Ready;
use supervisor::{Addressable, Child, ChildOptions, StartMode, Tree};
use supervisor_tests::{Gauge, Life, begin_and_drop, quiet, within};

/// A worker that runs once, by value, as one with a socket does. It is not `Sync`.
#[derive(Child)]
#[child(restart = Temporary, once)]
struct Session {
    number: u32,
    #[expect(dead_code, reason = "it makes the worker one that is not `Sync`")]
    buffer: std::cell::Cell<u8>,
    life: Life,
}

impl WorkerOnce for Session {
    async fn run(self, ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        drop(self.life);
        Ok(())
    }
}

/// A worker that could run any number of times.
#[derive(Child)]
#[child(restart = Transient, message = u8)]
struct Shared {
    number: u32,
    #[expect(dead_code, reason = "it counts the values")]
    life: Life,
}

impl Worker for Shared {
    async fn run(&self, ctx: Context<u8>) -> ChildResult {
        if self.number == 0 {
            return Err("a zero".into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    }
}

fn session(gauge: &Gauge, number: u32) -> Session {
    Session { number, buffer: std::cell::Cell::new(0), life: gauge.enter() }
}

fn shared(gauge: &Gauge, number: u32) -> Shared {
    Shared { number, life: gauge.enter() }
}

fn sessions(limit: usize) -> Pool<Session> {
    Supervisor::new()
        .with_max_children(limit)
        .build_pool(ChildSpec::per_worker::<Session>("session"))
}

/// Returns the reason, with the value, which must have come back.
fn parts<T>(refused: AddWorkerError<T>) -> (SupervisorError, T) {
    let (error, value) = refused.into_parts();
    let value = value.unwrap_or_else(|| panic!("the value is lost: {error}"));
    (error, value)
}

#[tokio::test(start_paused = true)]
async fn a_full_pool_gives_the_value_back() {
    let gauge = Gauge::new();
    let pool = sessions(1);
    pool.add_worker_with(session(&gauge, 1)).await.unwrap();
    for number in 2..100 {
        let refused = within("the refusal", pool.add_worker_with(session(&gauge, number))).await;
        let (error, value) = parts(refused.unwrap_err());
        assert!(matches!(error, SupervisorError::MaxChildren(_, 1)), "{error}");
        assert_eq!((value.number, gauge.alive()), (number, 2));
    }
    assert_eq!(gauge.alive(), 1);
    pool.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_value_that_came_back_can_be_added_again() {
    let gauge = Gauge::new();
    let pool = Supervisor::new()
        .with_max_children(1)
        .build_pool(ChildSpec::per_worker::<Shared>("worker"));
    let first = pool.add_worker_with(shared(&gauge, 1)).await.unwrap();
    let refused = within("the refusal", pool.add_worker_with(shared(&gauge, 2))).await;
    let (_, value) = parts(refused.unwrap_err());
    first.terminate().await.unwrap();
    let second = pool.add_worker_with(value).await.unwrap();
    assert_eq!(second.path(), "#3");
    quiet().await;
    assert_eq!(gauge.alive(), 1);
    pool.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_stops_or_has_ended_gives_the_value_back() {
    let gauge = Gauge::new();
    let template = ChildSpec::per_worker::<Stubborn>("worker");
    let pool = Supervisor::new().build_pool(template);
    pool.add_worker_with(Stubborn).await.unwrap();
    let stopping = pool.clone();
    let shutdown = tokio::spawn(async move { stopping.shutdown().await });
    quiet().await;
    let (error, Stubborn) = parts(pool.add_worker_with(Stubborn).await.unwrap_err());
    assert!(matches!(error, SupervisorError::ShuttingDown(_)), "{error}");
    within("the shutdown", shutdown).await.unwrap().unwrap();
    let (error, Stubborn) = parts(pool.add_worker_with(Stubborn).await.unwrap_err());
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");

    let ended = sessions(1);
    ended.shutdown().await.unwrap();
    let (error, value) = parts(ended.add_worker_with(session(&gauge, 7)).await.unwrap_err());
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    assert_eq!((value.number, gauge.alive()), (7, 1));
}

/// A worker that takes three seconds to stop.
#[derive(Child)]
#[child(restart = Temporary)]
struct Stubborn;

impl Worker for Stubborn {
    async fn run(&self, ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_whose_parent_has_not_started_it_gives_the_value_back() {
    let gauge = Gauge::new();
    let pool = sessions(1);
    let root = Supervisor::new()
        .with_child(ChildSpec::new("pool").with_supervisor(pool.supervisor().clone()))
        .build();
    let (error, value) = parts(pool.add_worker_with(session(&gauge, 7)).await.unwrap_err());
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    assert_eq!(value.number, 7);
    drop((value, root));
    assert_eq!(gauge.alive(), 0);
}

#[test]
fn without_a_runtime_the_value_comes_back() {
    let gauge = Gauge::new();
    let pool = sessions(1);
    let mut adding = pool.add_worker_with(session(&gauge, 7));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = std::pin::Pin::new(&mut adding).poll(&mut cx);
    let std::task::Poll::Ready(Err(refused)) = polled else { panic!("it waits") };
    let (error, value) = parts(refused);
    assert!(matches!(error, SupervisorError::NoRuntime), "{error}");
    assert_eq!(value.number, 7);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_was_used_does_not_come_back() {
    let gauge = Gauge::new();
    let template = ChildSpec::per_worker::<Shared>("worker").with_start(StartMode::Notify);
    let pool = Supervisor::new().build_pool(template);
    let refused = within("the failed start", pool.add_worker_with(shared(&gauge, 0))).await;
    let (error, _) = refused.unwrap_err().into_parts();
    assert!(matches!(error, SupervisorError::StartFailed(..)), "{error}");
    quiet().await;
    assert_eq!(gauge.alive(), 0);
    pool.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_drops_the_value() {
    let gauge = Gauge::new();
    let pool = sessions(1);
    pool.add_worker_with(session(&gauge, 1)).await.unwrap();
    assert!(begin_and_drop(pool.add_worker_with(session(&gauge, 2))).is_none());
    quiet().await;
    assert_eq!(gauge.alive(), 1);
    pool.shutdown().await.unwrap();
    assert_eq!(gauge.alive(), 0);
}

/// A worker whose address is known to others before it is added.
struct Known {
    #[expect(dead_code, reason = "it counts the values")]
    life: Life,
    addresses: Arc<Mutex<Vec<ChildRef<()>>>>,
}

impl Child for Known {
    type Recipe = Self;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<()>>> {
        let addresses = Arc::clone(&recipe.addresses);
        let spec = ChildSpec::new(name).with_worker(recipe);
        addresses.lock().unwrap().push(spec.handle());
        spec
    }
}

impl Addressable for Known {
    type Message = ();
    const DEFAULTS: ChildOptions = Self::OPTIONS;
}

impl Worker for Known {
    async fn run(&self, ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_drops_the_value_of_a_worker_that_others_know() {
    let (gauge, addresses) = (Gauge::new(), Arc::default());
    let known = || Known { life: gauge.enter(), addresses: Arc::clone(&addresses) };
    let template = ChildSpec::per_worker::<Known>("known");
    let pool = Supervisor::new().with_max_children(1).build_pool(template);
    pool.add_worker_with(known()).await.unwrap();
    // One call is dropped before the refusal, and one after it.
    assert!(begin_and_drop(pool.add_worker_with(known())).is_none());
    quiet().await;
    assert_eq!(gauge.alive(), 1, "one worker");
    assert!(begin_and_drop(pool.add_workers([known(), known()])).is_none());
    quiet().await;
    assert_eq!(gauge.alive(), 1, "several workers");
    let mut adding = pool.add_worker_with(known());
    assert!(begin_and_drop(&mut adding).is_none());
    quiet().await;
    drop(adding);
    assert_eq!(gauge.alive(), 1, "a refused worker");
    pool.shutdown().await.unwrap();
    quiet().await;
    assert_eq!(gauge.alive(), 0);
    assert_eq!(addresses.lock().unwrap().len(), 5);
}

supervision_tree! {
    Connection(gauge: Arc<Gauge>): one_for_all {
        reader: Always = move |ctx| reader(ctx, gauge.enter()),
    }
}

async fn reader(ctx: Context, _life: Life) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

supervision_tree! {
    Server: one_for_one {
        connections: simple_one_for_one(max_children = 1) { connection: Temporary<Connection> },
    }
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_was_refused_comes_back_and_can_be_started() {
    let gauge = Arc::new(Gauge::new());
    let server = Server::start().await.unwrap();
    let pool = server.connections();
    let tree = || Connection::tree(Arc::clone(&gauge));
    let _ = pool.add_worker_with(tree()).await.unwrap();
    let refused = within("the refusal", pool.add_worker_with(tree())).await;
    let (_, back): (_, Tree<Connection>) = parts(refused.map(drop).unwrap_err());
    let alone = within("the start", back.start()).await.unwrap();
    quiet().await;
    assert_eq!((gauge.alive(), alone.reader().path().to_string().as_str()), (2, "reader"));
    alone.shutdown().await.unwrap();
    server.shutdown().await.unwrap();
    assert_eq!(gauge.alive(), 0);
}

/// Many callers at once, on many threads: each value is added, or comes back, once.
#[test]
fn each_of_many_values_is_added_or_comes_back() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let gauge = Gauge::new();
        let pool = sessions(50);
        pool.start().await.unwrap();
        let callers: Vec<_> = (0..400)
            .map(|number| {
                let (pool, value) = (pool.clone(), session(&gauge, number));
                tokio::spawn(async move {
                    match pool.add_worker_with(value).await {
                        Ok(_) => None,
                        Err(refused) => Some(parts(refused).1.number == number),
                    }
                })
            })
            .collect();
        let mut back = 0;
        for caller in callers {
            if let Some(is_own) = within("an answer", caller).await.unwrap() {
                assert!(is_own);
                back += 1;
            }
        }
        assert_eq!((back, gauge.alive()), (350, 50));
        within("the shutdown", pool.shutdown()).await.unwrap();
        assert_eq!(gauge.alive(), 0);
    });
}

/// `?` works with a value of any type, and in a function that returns a `SupervisorError`.
#[tokio::test(start_paused = true)]
async fn a_question_mark_turns_it_into_other_errors() {
    async fn of_child(pool: &Pool<Session>, value: Session) -> ChildResult {
        pool.add_worker_with(value).await?;
        Ok(())
    }
    async fn of_supervisor(pool: &Pool<Session>, value: Session) -> Result<(), SupervisorError> {
        pool.add_worker_with(value).await?;
        Ok(())
    }
    let gauge = Gauge::new();
    let pool = sessions(1);
    pool.shutdown().await.unwrap();
    let text = "supervisor `/` has ended: shutdown";
    assert_eq!(of_child(&pool, session(&gauge, 1)).await.unwrap_err().to_string(), text);
    assert_eq!(of_supervisor(&pool, session(&gauge, 1)).await.unwrap_err().to_string(), text);
    assert_eq!(gauge.alive(), 0);
    assert_eq!(Session::DEFAULTS.restart_policy(), RestartPolicy::Temporary);
}

#[tokio::test(start_paused = true)]
async fn many_workers_give_back_the_values_that_were_refused() {
    let gauge = Gauge::new();
    let pool = sessions(100);
    let mut values = (0..1_000).map(|number| session(&gauge, number));
    let refused = within("the refusal", pool.add_workers(values.by_ref())).await.unwrap_err();
    assert!(matches!(refused.error(), SupervisorError::MaxChildren(_, 100)), "{refused}");
    let (added, _, refused) = refused.into_parts();
    assert_eq!(added.len(), 100);
    // The refused ones and those that are left are all the others, in their order.
    let rest: Vec<u32> =
        refused.iter().chain(&values.collect::<Vec<_>>()).map(|s| s.number).collect();
    assert!(rest.iter().copied().eq(100..1_000), "{rest:?}");
    drop(refused);
    assert_eq!(gauge.alive(), 100);
    pool.shutdown().await.unwrap();
    quiet().await;

    let refused = pool.add_workers([session(&gauge, 1), session(&gauge, 2)]).await.unwrap_err();
    let numbers: Vec<u32> = refused.into_refused().iter().map(|session| session.number).collect();
    assert_eq!(numbers, [1, 2], "a pool that has ended refuses all");
    assert_eq!(gauge.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn workers_that_report_give_back_the_values_that_were_refused() {
    let gauge = Gauge::new();
    let template = ChildSpec::per_worker::<Session>("session").with_start(StartMode::Notify);
    let pool = Supervisor::new().with_max_children(1).build_pool(template);
    let values = [session(&gauge, 1), session(&gauge, 2), session(&gauge, 3)];
    let refused = within("the refusal", pool.add_workers(values)).await.unwrap_err();
    let numbers: Vec<u32> = refused.into_refused().iter().map(|session| session.number).collect();
    assert_eq!(numbers, [2, 3], "the first has had a life, which did not report");
    assert_eq!(gauge.alive(), 0);
    pool.shutdown().await.unwrap();

    let refused = pool.add_workers([session(&gauge, 4), session(&gauge, 5)]).await.unwrap_err();
    let numbers: Vec<u32> = refused.into_refused().iter().map(|session| session.number).collect();
    assert_eq!(numbers, [4], "the iterator keeps what comes after the error");
    assert_eq!(gauge.alive(), 0);
}
