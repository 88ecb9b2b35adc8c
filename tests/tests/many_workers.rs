//! Tests pools with many workers: adding them together, listing those that live, and partitions,
//! which share the work by key.

use std::collections::BTreeSet;

use supervisor::prelude::*;
use supervisor::{MaxRestarts, Pool};
use supervisor_tests::{Gauge, Order, Stage, event, quiet, restarted, time_of_this_thread, within};

/// A message to a worker.
enum Request {
    Crash,
    Number(Reply<u32>),
}

#[derive(Child)]
#[child(restart = Transient, message = Request)]
struct Numbered(u32, Gauge);

impl Worker for Numbered {
    async fn run(&self, mut ctx: Context<Request>) -> ChildResult {
        let _life = self.1.enter();
        while let Some(request) = ctx.recv().await {
            match request {
                Request::Crash => return Err("told to crash".into()),
                Request::Number(reply) => drop(reply.send(self.0)),
            }
        }
        Ok(())
    }
}

fn pool(builder: supervisor::SupervisorBuilder) -> Pool<Numbered> {
    builder
        .with_max_restarts(MaxRestarts::Unlimited)
        .build_pool(ChildSpec::per_worker::<Numbered>("worker"))
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// Fills the mailbox of a worker that receives nothing, and returns the number of messages.
fn room(worker: &ChildRef<Request>) -> usize {
    (0..100).take_while(|_| worker.try_send(Request::Crash).is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn workers_have_the_mailbox_of_their_template() {
    let template = ChildSpec::per_worker::<Numbered>("worker").with_mailbox(3);
    let pool = Supervisor::new().build_pool(template);
    let value = || Numbered(0, Gauge::new());
    // (On this one thread, the workers are not polled meanwhile.)
    let alone = within("a worker", pool.add_worker_with(value())).await.unwrap();
    assert_eq!(room(&alone), 3);
    let together = within("workers", pool.add_workers([value(), value()])).await.unwrap();
    assert_eq!(together.iter().map(room).collect::<Vec<_>>(), [3, 3]);
}

#[tokio::test(start_paused = true)]
async fn many_workers_are_added_in_order() {
    let gauge = Gauge::new();
    let pool = pool(Supervisor::new());
    // (The pool is started by the call, whose future can be spawned.)
    let workers = tokio::spawn({
        let (pool, gauge) = (pool.clone(), gauge.clone());
        async move { pool.add_workers((1..=3000).map(|number| Numbered(number, gauge.clone()))).await }
    });
    let workers = within("the workers", workers).await.unwrap().unwrap();
    for number in [1, 1024, 1025, 3000] {
        let worker = &workers[number as usize - 1];
        assert_eq!(worker.path(), format!("#{number}").as_str());
        assert_eq!(within("a number", worker.ask(Request::Number)).await.unwrap(), number);
    }
    assert_eq!(gauge.alive(), 3000);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_limit_has_the_workers_that_were_added() {
    let gauge = Gauge::new();
    let pool = pool(Supervisor::new().with_max_children(1500));
    let values = (1..).map(|number| Numbered(number, gauge.clone()));
    let error = within("the workers", pool.add_workers(values)).await.unwrap_err();
    assert!(matches!(error.error(), SupervisorError::MaxChildren(_, 1500)), "{error}");
    assert!(error.to_string().starts_with("only 1500 workers were added: "), "{error}");
    assert_eq!(error.into_added().len(), 1500);
    assert_eq!(within("the list", pool.workers()).await.unwrap().len(), 1500);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_keeps_the_workers_that_it_added() {
    let gauge = Gauge::new();
    let pool = pool(Supervisor::new());
    let values = (1..=5000).map(|number| Numbered(number, gauge.clone()));
    let mut adding = Box::pin(pool.add_workers(values));
    assert!(
        std::future::poll_fn(|cx| std::task::Poll::Ready(adding.as_mut().poll(cx)))
            .await
            .is_pending()
    );
    drop(adding);
    quiet().await;
    let living = within("the list", pool.workers()).await.unwrap().len();
    // A call adds 64 workers at a time: one batch is carried out, and the next is on its way.
    assert_eq!(living, 2 * 64, "those that were on their way, and no others");
    within("the shutdown", pool.supervisor().shutdown()).await.unwrap();
    assert_eq!(gauge.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn workers_that_are_alike_are_counted() {
    let tasks = Supervisor::new().build_pool(ChildSpec::new("task").with_task(idle));
    assert_eq!(within("the workers", tasks.add_workers(3)).await.unwrap().len(), 3);
    assert_eq!(within("the list", tasks.workers()).await.unwrap()[2].path(), "#3");
    let template =
        ChildSpec::per_worker::<Numbered>("worker").with_value(Numbered(7, Gauge::new()));
    let alike = Supervisor::new().build_pool(template);
    let workers = within("the workers", alike.add_workers(2)).await.unwrap();
    assert_eq!(within("a number", workers[1].ask(Request::Number)).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn only_living_workers_are_listed() {
    let gauge = Gauge::new();
    let pool = pool(Supervisor::new());
    let values = (1..=4).map(|number| Numbered(number, gauge.clone()));
    let workers = within("the workers", pool.add_workers(values)).await.unwrap();
    within("its end", workers[1].terminate()).await.unwrap();
    let mut events = pool.supervisor().events();
    within("room", workers[2].send(Request::Crash)).await.unwrap();
    event(&mut events, "the restart", restarted("#3")).await;
    let living = within("the list", pool.workers()).await.unwrap();
    let paths: Vec<_> = living.iter().map(|worker| worker.path().to_string()).collect();
    assert_eq!(paths, ["#1", "#3", "#4"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_one_partition() {
    let stage = Stage::new();
    let partitions = Supervisor::new().build_partitioned(stage.actor("any"), 8);
    let root = Supervisor::new()
        .with_child(ChildSpec::new("parts").with_supervisor(partitions.supervisor().clone()))
        .build();
    within("the start", root.start()).await.unwrap();
    assert_eq!(partitions.workers().len(), 8);
    assert_eq!(partitions.workers()[7].path(), "parts/7");
    let mut used = [0; 8];
    for key in 0..800 {
        let worker = partitions.of(&key);
        assert_eq!(worker.path(), partitions.of(&key).path());
        let place = partitions.workers().iter().position(|w| w.path() == worker.path());
        used[place.expect("one of them")] += 1;
    }
    assert!(used.iter().all(|&keys| (50..=150).contains(&keys)), "{used:?}");
    assert_eq!(partitions.of("key").path(), partitions.of(&"key".to_owned()).path());
    // A worker that fails keeps its address and its keys.
    let worker = partitions.of("key").clone();
    within("room", worker.send(Order::Fail)).await.unwrap();
    within("room", partitions.of("key").send(Order::Note(1))).await.unwrap();
    quiet().await;
    assert!(stage.log().ends_with("+any 1"));
    assert_eq!(worker.incarnation(), 2);
}

#[tokio::test]
async fn a_caller_who_chooses_the_keys_does_not_choose_the_partition() {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let parts = Supervisor::new().build_partitioned(ChildSpec::new("part").with_task(idle), 8);
    // The hasher that everyone can compute.
    let fixed = |key: &u32| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish()
    };
    let chosen: Vec<u32> = (0..).filter(|key| fixed(key) % 8 == 0).take(64).collect();
    let places: BTreeSet<_> = chosen.iter().map(|key| parts.of(key).path().to_string()).collect();
    assert!(places.len() > 1, "{places:?}");
}

#[tokio::test]
async fn a_key_belongs_to_partitions_of_the_same_number_in_two_trees() {
    let parts = || Supervisor::new().build_partitioned(ChildSpec::new("part").with_task(idle), 8);
    let (one, other) = (parts(), parts());
    assert!((0..100).all(|key| one.of(&key).path() == other.of(&key).path()));
}

#[tokio::test]
async fn a_hash_of_the_users_own_chooses_the_same_partition_for_ever() {
    let parts = Supervisor::new().build_partitioned(ChildSpec::new("part").with_task(idle), 8);
    for (hash, name) in [(0, "0"), (7, "7"), (8, "0"), (42, "2"), (u64::MAX, "7")] {
        assert_eq!(parts.of_hash(hash).path(), name);
    }
}

#[tokio::test]
async fn a_pool_of_zero_partitions_is_refused() {
    let none = Supervisor::new().build_partitioned(ChildSpec::new("none").with_task(idle), 0);
    let error = none.supervisor().start().await.unwrap_err();
    assert_eq!(error.to_string(), "supervisor `/`: `partitions = 0` leaves no worker at all");
    assert!(none.of("a key").try_send(()).is_ok(), "an address before any start takes messages");
}

/// Returns the resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// In each round a hundred thousand workers come and go while others crash: the last round takes no more
/// work than the first, and leaves no more memory in use.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_workers_leave_nothing_behind() {
    const WORKERS: usize = 100_000;
    let gauge = Gauge::new();
    let crashes = Gauge::new();
    let pool = pool(Supervisor::new());
    let crashing = within("a worker", pool.add_worker_with(Numbered(0, crashes.clone()))).await;
    let crashing = crashing.unwrap();
    let mut rounds = Vec::new();
    for _ in 0..2 {
        let worked = time_of_this_thread();
        let values = (0..WORKERS).map(|_| Numbered(1, gauge.clone()));
        let workers = within("the workers", pool.add_workers(values)).await.unwrap();
        assert_eq!(within("the list", pool.workers()).await.unwrap().len(), WORKERS + 1);
        let removal = async {
            for (removed, worker) in workers.into_iter().enumerate() {
                if removed % 100 == 0 {
                    crashing.send(Request::Crash).await.unwrap();
                }
                worker.terminate().await.unwrap();
            }
        };
        within("the removal", removal).await;
        assert_eq!(gauge.alive(), 0);
        rounds.push((time_of_this_thread().saturating_sub(worked), memory()));
    }
    assert_eq!(within("a number", crashing.ask(Request::Number)).await.unwrap(), 0);
    assert_eq!(crashes.begun(), 1 + 2 * WORKERS / 100);
    let (first, last) = (rounds[0], rounds[1]);
    assert!(last.0 <= first.0 * 3, "it slows down: {rounds:?}");
    assert!(last.1 < first.1 + first.1 / 5, "it grows: {rounds:?}");
    within("the shutdown", pool.supervisor().shutdown()).await.unwrap();
}
