//! Tests children of every kind, declared in a tree: periodic jobs, partitions, threads, programs.

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Blocking, BlockingContext, Partitioned, Periodic, StartMode};
use supervisor_elsewhere::Once;
use supervisor_tests::{event, restarted, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// The times of the calls of a tree's jobs, in seconds after its start.
#[derive(Clone)]
struct Times(Arc<Mutex<Vec<(&'static str, u64)>>>, Instant);

impl Times {
    fn new() -> Self {
        Self(Arc::default(), Instant::now())
    }

    /// Notes a call of the job, and returns the number of its calls so far.
    fn note(&self, job: &'static str) -> usize {
        let mut times = self.0.lock().unwrap();
        times.push((job, self.1.elapsed().as_secs()));
        times.iter().filter(|(done, _)| *done == job).count()
    }

    fn of(&self, job: &str) -> Vec<u64> {
        let times = self.0.lock().unwrap();
        times.iter().filter(|(done, _)| *done == job).map(|(_, at)| *at).collect()
    }
}

thread_local! {
    /// The number of calls of `sweep`, which captures nothing. Each test has a thread of its own.
    static SWEPT: Cell<usize> = const { Cell::new(0) };
}

/// A plain function is a job, too.
async fn sweep() -> ChildResult {
    SWEPT.set(SWEPT.get() + 1);
    Ok(())
}

async fn fail_the_second_time(times: Times) -> ChildResult {
    tokio::task::yield_now().await;
    if times.note("failing") == 2 {
        return Err("the second time fails".into());
    }
    Ok(())
}

supervision_tree! {
    Jobs(times: &Times): one_for_one(max_restarts = 10, restart_window = 1h) {
        sweep: Always(every = 30s),
        failing: Transient(every = 10s, backoff = 4s) = {
            let times = times.clone();
            move || fail_the_second_time(times.clone())
        },
        slow: Always(every = 10s, shutdown = 8s) = {
            let times = times.clone();
            move || {
                let times = times.clone();
                async move {
                    times.note("slow");
                    sleep(5 * SECOND).await;
                    times.note("slow has ended");
                    Ok(())
                }
            }
        },
        inline: Temporary(every = 1.5s) = async || {
            let number: u32 = "no number".parse()?;
            unreachable!("{number}")
        },
        pool: simple_one_for_one { visitor: Temporary(every = 1s) = {
            let times = times.clone();
            move || {
                let times = times.clone();
                async move { times.note("visit"); Ok(()) }
            }
        } },
    }
}

#[tokio::test(start_paused = true)]
async fn a_declared_job_is_done_in_each_period() {
    let times = Times::new();
    let jobs = within("the start", Jobs::start(&times)).await.unwrap();
    sleep(95 * SECOND).await;
    assert_eq!(SWEPT.get(), 3);
    assert_eq!(jobs.sweep().path(), "sweep");
    // A message calls the job, too.
    within("room", jobs.sweep().send(())).await.unwrap();
    sleep(SECOND).await;
    assert_eq!(SWEPT.get(), 4);
    // A pool's worker can be a job, whose schedule begins with the worker.
    within("a worker", jobs.pool().add_worker()).await.unwrap();
    sleep(SECOND * 5 / 2).await;
    assert_eq!(times.of("visit"), [97, 98]);
}

/// The schedule begins anew with each life: after a failure at 20, and a delay of 2 to 4 seconds.
#[tokio::test(start_paused = true)]
async fn a_declared_job_that_fails_is_restarted() {
    let times = Times::new();
    let jobs = Jobs::tree(&times);
    let mut events = jobs.handle().supervisor().events();
    let jobs = within("the start", jobs.start()).await.unwrap();
    event(&mut events, "the restart", restarted("failing")).await;
    let restart = times.1.elapsed().as_secs();
    assert!((22..=24).contains(&restart), "{restart}");
    sleep(11 * SECOND).await;
    assert_eq!(times.of("failing"), [10, 20, restart + 10]);
    // The job `inline` failed at its first call: it is `Temporary`, and so forgotten.
    let error = within("the list", jobs.supervisor().child_spec("inline")).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_declared_job_under_way_ends_before_the_shutdown_does() {
    let times = Times::new();
    let jobs = within("the start", Jobs::start(&times)).await.unwrap();
    sleep(12 * SECOND).await;
    let report = within("the shutdown", jobs.supervisor().shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((times.of("slow"), times.of("slow has ended")), (vec![10], vec![15]));
}

#[test]
fn jobs_count_in_the_constants_of_the_tree() {
    assert_eq!(Jobs::CHILDREN, 5);
    assert_eq!(Jobs::SHUTDOWN_BUDGET, Some(Duration::from_secs(5 + 5 + 8 + 5 + 5)));
    let diagram = Jobs::diagram();
    assert!(diagram.contains("\"sweep: Always (every = 30s)\""), "{diagram}");
    assert!(diagram.contains("\"failing: Transient (every = 10s, backoff = 4s)\""), "{diagram}");
}

/// A message to a counter.
enum Count {
    Add(u32),
    Get(Reply<u32>),
    Fail,
}

#[derive(Child, Default)]
#[child(message = Count, shutdown = 2s)]
struct Counter {
    first: u32,
}

impl Worker for Counter {
    async fn run(&self, mut ctx: Context<Count>) -> ChildResult {
        let mut count = self.first;
        while let Some(message) = ctx.recv().await {
            match message {
                Count::Add(number) => count += number,
                Count::Get(reply) => drop(reply.send(count)),
                Count::Fail => return Err("told to fail".into()),
            }
        }
        // The stop takes its whole time.
        std::future::pending().await
    }
}

/// A worker that holds a pool declared before it.
#[derive(Child)]
struct Client(Partitioned<Count>);

impl Worker for Client {
    async fn run(&self, mut ctx: Context) -> ChildResult {
        self.0.of("key").send(Count::Add(7)).await?;
        ctx.ready();
        ctx.shutdown_requested().await;
        Ok(())
    }
}

async fn consume(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

supervision_tree! {
    Counting(first: u32): one_for_one(max_restarts = 5) {
        counters: simple_one_for_one(partitions = 3, max_restarts = 1) {
            counter: Always<Counter>(shutdown = 1s) = Counter { first },
        },
        client: Client(start = notify) = Client(counters.clone()),
        by_default: simple_one_for_one(partitions = 2) { counter: Counter },
        consumers: simple_one_for_one(partitions = 4) { consumer: Always = consume },
        threads: simple_one_for_one(partitions = 2) {
            thread: Transient<Blocking<u32>> = Blocking::new(|mut ctx: BlockingContext<u32>| {
                while ctx.recv().is_some() {}
                Ok(())
            }),
        },
    }
}

#[tokio::test(start_paused = true)]
async fn declared_partitions_share_the_work_by_key() {
    let counting = within("the start", Counting::start(10)).await.unwrap();
    let counters: &Partitioned<Count> = counting.counters();
    assert_eq!(counters.workers().len(), 3);
    assert_eq!(counters.workers()[2].path(), "counters/2");
    let get =
        async |key: &str| within("the count", counters.of(key).ask(Count::Get)).await.unwrap();
    // The client, which is started after the counters, has added 7 by their addresses.
    assert_eq!(get("key").await, 17);
    let tasks: &Partitioned<()> = counting.consumers();
    assert_eq!(tasks.workers().len(), 4);
    let threads: &Partitioned<u32> = counting.threads();
    within("room", threads.of("key").send(5)).await.unwrap();
    let by_default = counting.by_default().workers()[1].ask(Count::Get);
    assert_eq!(within("the count", by_default).await.unwrap(), 0);
}

/// A worker that fails is restarted; when workers fail too often, their supervisor is restarted
/// with all of them. Addresses and keys stay.
#[tokio::test(start_paused = true)]
async fn declared_partitions_come_back() {
    let counting = Counting::tree(10);
    let mut events = counting.handle().supervisor().events();
    let counting = within("the start", counting.start()).await.unwrap();
    let worker = counting.counters().of("other").clone();
    let path = worker.path().to_string();
    within("room", worker.send(Count::Fail)).await.unwrap();
    event(&mut events, "the restart", restarted(&path)).await;
    within("room", worker.send(Count::Fail)).await.unwrap();
    event(&mut events, "the restart of all", restarted("counters")).await;
    assert_eq!(within("the count", worker.ask(Count::Get)).await.unwrap(), 10);
    assert_eq!(counting.counters().of("other").path(), worker.path());
}

/// Partitions are declared children: they stop one after the other, unlike a pool's workers.
#[tokio::test(start_paused = true)]
async fn declared_partitions_take_exactly_their_budget() {
    // 1 s for 3 counters together, then the client, 2 s for 2 counters, 5 s for 4 tasks, and for 2
    // threads.
    let budget = Counting::SHUTDOWN_BUDGET.unwrap();
    assert_eq!(budget, Duration::from_secs(1 + 5 + 2 + 5 + 5));
    assert_eq!(Counting::CHILDREN, 5 + 3 + 2 + 4 + 2);
    let tree = supervision_tree! {
        one_for_one { counters: simple_one_for_one(partitions = 3) { counter: Counter } }
    };
    assert_eq!(tree.handle().children(), 4);
    let tree = within("the start", tree.start()).await.unwrap();
    for worker in tree.counters().workers() {
        within("the count", worker.ask(Count::Get)).await.unwrap();
    }
    let began = Instant::now();
    within("the shutdown", tree.supervisor().shutdown()).await.unwrap();
    assert_eq!(Some(began.elapsed()), tree.shutdown_budget());
    assert_eq!(began.elapsed(), 2 * SECOND);
}

supervision_tree! {
    Alone: simple_one_for_one(partitions = 2) { counter: Counter }
}

supervision_tree! {
    Tasks: simple_one_for_one(partitions = 2) { consume: Always }
}

#[tokio::test(start_paused = true)]
async fn a_root_can_be_partitioned() {
    let alone = within("the start", Alone::start()).await.unwrap();
    assert_eq!(alone.pool().workers()[1].path(), "1");
    let answer = within("the count", alone.pool().of(&5).ask(Count::Get)).await.unwrap();
    assert_eq!((answer, Alone::CHILDREN), (0, 2));
    assert!(Alone::diagram().contains("simple_one_for_one (partitions = 2)"));
    let tasks = within("the start", Tasks::start()).await.unwrap();
    assert_eq!(tasks.pool().workers().len(), 2);
    let tree = supervision_tree! { simple_one_for_one(partitions = 2) { counter: Counter } };
    let tree = within("the start", tree.start()).await.unwrap();
    assert_eq!(tree.pool().workers().len(), 2);
}

/// Tests of the kinds of children whose values are made once, when the tree is built.
#[cfg(unix)]
mod values {
    use super::*;
    use supervisor::Program;

    fn squares() -> Blocking<(u64, Reply<u64>)> {
        Blocking::new(|mut ctx: BlockingContext<(u64, Reply<u64>)>| {
            while let Some((number, reply)) = ctx.recv() {
                if number == 13 {
                    return Err("bad luck".into());
                }
                let _ = reply.send(number * number);
            }
            Ok(())
        })
    }

    supervision_tree! {
        Machine(times: &Times): rest_for_one(shutdown_within = 20s) {
            squares: Blocking<(u64, Reply<u64>)>(shutdown = 2s) = squares(),
            cat: Transient<Program>(start = notify) = Program::new("sleep").arg("10000"),
            at_once: Always<Periodic> = {
                let times = times.clone();
                Periodic::every(10 * SECOND, move || {
                    let times = times.clone();
                    async move { times.note("at once"); Ok(()) }
                })
                .at_once()
            },
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn threads_programs_and_jobs_are_children_like_any_other() {
        let times = Times::new();
        let machine = Machine::tree(&times);
        let mut events = machine.handle().supervisor().events();
        let machine = within("the start", machine.start()).await.unwrap();
        let ask = machine.squares().ask(|reply| (12, reply));
        assert_eq!(within("the square", ask).await.unwrap(), 144);
        assert_eq!(machine.cat().path(), "cat");
        // The program and the job depend on the thread: they are restarted with it.
        let unlucky = machine.squares().ask(|reply| (13, reply));
        within("the failure", unlucky).await.unwrap_err();
        event(&mut events, "the restart", restarted("at_once")).await;
        let ask = machine.squares().ask(|reply| (5, reply));
        assert_eq!(within("the square", ask).await.unwrap(), 25);
        assert_eq!(machine.cat().incarnation(), 2);
        assert_eq!(Machine::SHUTDOWN_BUDGET, Some(Duration::from_secs(2 + 5 + 5)));
        let report = within("the shutdown", machine.supervisor().shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}

supervision_tree! {
    ByHand(partitions: usize): one_for_one(max_restarts = 10) {
        parts: Partitioned<Count> = {
            let template = ChildSpec::new("counter").with_worker(Counter::default());
            Supervisor::new().with_max_restarts(1).build_partitioned(template, partitions)
        },
        client: Client(start = notify) = Client(parts.clone()),
        sub: Transient<Supervisor>(shutdown = 30s) = {
            Supervisor::new().with_child(ChildSpec::new("task").with_task(consume)).build()
        },
    }
}

/// A supervisor that only the builder can make is a child of a declared tree, and is restarted with
/// it.
#[tokio::test(start_paused = true)]
async fn supervisors_built_by_hand_are_children_like_any_other() {
    let tree = ByHand::tree(3);
    let mut events = tree.handle().supervisor().events();
    let tree = within("the start", tree.start()).await.unwrap();
    assert_eq!(tree.parts().workers()[2].path(), "parts/2");
    assert_eq!(within("the list", tree.sub().which_children()).await.unwrap().len(), 1);
    assert_eq!(ByHand::SHUTDOWN_BUDGET, None);
    let worker = tree.parts().of("key").clone();
    for _ in 0..2 {
        within("room", worker.send(Count::Fail)).await.unwrap();
    }
    event(&mut events, "the restart of all", restarted("parts")).await;
    assert_eq!(within("the count", worker.ask(Count::Get)).await.unwrap(), 0);
    let report = within("the shutdown", tree.supervisor().shutdown()).await.unwrap();
    assert_eq!(report.not_stopped().count(), 0, "{report:?}");
}

/// The rules hold for trees that are built by hand, too.
#[tokio::test]
async fn a_periodic_job_reports_no_start() {
    let job = Periodic::every(SECOND, sweep);
    let spec = ChildSpec::new("job").with_worker(job).with_start(StartMode::Notify);
    let supervisor = Supervisor::new().with_child(spec).build();
    let error = within("the refusal", supervisor.start()).await.unwrap_err();
    assert!(error.to_string().contains("`job` is periodic, and has started when"), "{error}");
}

#[tokio::test]
async fn partitions_have_no_limit() {
    let template = ChildSpec::new("task").with_task(consume);
    let parts = Supervisor::new().with_max_children(5).build_partitioned(template, 3);
    let error = parts.supervisor().start().await.unwrap_err();
    assert!(error.to_string().contains("a pool has as many workers as `partitions`"), "{error}");
}

#[tokio::test]
async fn partitions_share_their_value() {
    let template = ChildSpec::new("one").with_worker_once(Once("socket".into()));
    let parts = Supervisor::new().build_partitioned(template, 3);
    let error = parts.supervisor().start().await.unwrap_err();
    let rule = "`one` runs `once`, by value, so `partitions` cannot share it";
    assert!(error.to_string().contains(rule), "{error}");
}

mod mailboxes {
    use super::*;

    #[derive(Child, Default)]
    #[child(message = u32, mailbox = 1)]
    struct Collector;

    impl Worker for Collector {
        async fn run(&self, ctx: Context<u32>) -> ChildResult {
            ctx.shutdown_requested().await;
            Ok(())
        }
    }

    supervision_tree! {
        Limited: one_for_one {
            by_type: Collector,
            by_tree: Collector(mailbox = 2),
            thread: Blocking<u32>(mailbox = 3) = Blocking::new(|ctx: BlockingContext<u32>| {
                while !ctx.wait_for_shutdown(SECOND) {}
                Ok(())
            }),
            pool: simple_one_for_one { worker: Temporary<Collector>(mailbox = 4) },
            parts: simple_one_for_one(partitions = 2) { part: Collector(mailbox = 5) },
        }
    }

    /// Sends messages while there is room, and returns their number.
    fn room(child: &ChildRef<u32>) -> usize {
        (0..100).take_while(|number| child.try_send(*number).is_ok()).count()
    }

    #[tokio::test]
    async fn a_tree_sets_the_mailbox_of_a_child_of_any_kind() {
        let tree = within("the start", Limited::start()).await.unwrap();
        let worker = within("a worker", tree.pool().add_worker()).await.unwrap();
        let part = &tree.parts().workers()[1];
        let rooms = [tree.by_type(), tree.by_tree(), tree.thread(), &worker, part].map(room);
        assert_eq!(rooms, [1, 2, 3, 4, 5]);
        within("the stop", tree.shutdown()).await.unwrap();
    }
}
