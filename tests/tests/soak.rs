//! Tests a thousand children of all kinds under random crashes, hangs and floods of messages, while
//! some are replaced, supervisors are adopted, subscriptions come and go, and the log panics now and
//! then: afterwards every message is accounted for, nothing is left, and the memory has not grown.
//!
//! The population is bounded, so that a run can be long. The test takes ten seconds, or
//! `SOAK_SECONDS`: `SOAK_SECONDS=3600 cargo test -p supervisor-tests --test soak` is an hour.
//! `SOAK_SEED` repeats the choices of a run, though not their timing.
#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use supervisor::prelude::*;
use supervisor::{
    Blocking, BlockingContext, ChildOptions, MaxRestarts, Partitioned, Periodic, Program,
    StartMode, messages::DeadLetters, specs::Ready,
};
use supervisor_tests::within;

/// The number of messages by their ends.
#[derive(Debug, Default)]
struct Ledger {
    /// Accepted by a mailbox.
    sent: AtomicU64,
    /// Returned by a mailbox that was closed, or full.
    returned: AtomicU64,
    handled: AtomicU64,
    /// In hand when a life ended.
    lost: AtomicU64,
    /// Received as dead letters.
    left: AtomicU64,
    /// Dropped in any other way: there is none.
    vanished: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    OnItsWay,
    InHand,
    Known,
}

/// A message that counts its own end in the ledger.
struct Message {
    order: Order,
    fate: Fate,
    ledger: Arc<Ledger>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Work,
    Fail,
    Panic,
    Hang,
}

impl Message {
    fn is(mut self, counter: impl Fn(&Ledger) -> &AtomicU64) {
        self.fate = Fate::Known;
        count(counter(&self.ledger));
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        match self.fate {
            Fate::Known => {}
            Fate::InHand => count(&self.ledger.lost),
            Fate::OnItsWay => count(&self.ledger.vanished),
        }
    }
}

/// A worker that carries out the messages, and may crash with one in hand.
struct Handler;

impl Child for Handler {
    type Recipe = Self;
    type Handle = ChildRef<Message>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<Message>>> {
        ChildSpec::new(name).with_worker(recipe)
    }
}

impl supervisor::Addressable for Handler {
    type Message = Message;
    const DEFAULTS: ChildOptions = Self::OPTIONS;
}

impl Worker for Handler {
    async fn run(&self, mut ctx: Context<Message>) -> ChildResult {
        ctx.ready();
        while let Some(mut message) = ctx.recv().await {
            message.fate = Fate::InHand;
            if message.order == Order::Hang {
                std::future::pending::<()>().await;
            }
            handle(message)?;
        }
        Ok(())
    }
}

fn handle(message: Message) -> ChildResult {
    match message.order {
        Order::Fail => Err("told to fail".into()),
        // Not `panic!`: its hook would print thousands of messages.
        Order::Panic => std::panic::resume_unwind(Box::new("told to panic")),
        Order::Work | Order::Hang => {
            message.is(|ledger| &ledger.handled);
            Ok(())
        }
    }
}

fn blocking() -> Blocking<Message> {
    Blocking::new(|mut ctx: BlockingContext<Message>| {
        while let Some(mut message) = ctx.recv() {
            message.fate = Fate::InHand;
            handle(message)?;
        }
        Ok(())
    })
}

/// An address, and the dead letters of its child.
struct Target {
    child: ChildRef<Message>,
    letters: DeadLetters<Message>,
    /// `true` if the child may hang: a task that hangs is killed, a thread cannot be.
    hangs: bool,
}

impl Target {
    fn new(child: ChildRef<Message>, hangs: bool) -> Self {
        let letters = child.dead_letters();
        Self { child, letters, hangs }
    }

    /// Counts the dead letters.
    fn collect(&mut self) {
        while let Some(message) = self.letters.try_next() {
            message.is(|ledger| &ledger.left);
        }
    }

    /// Counts what was left by a child that is gone for good.
    async fn collect_all(&mut self) {
        while let Some(message) = within("the end of the letters", self.letters.next()).await {
            message.is(|ledger| &ledger.left);
        }
    }
}

const HEARTBEAT: Duration = Duration::from_millis(200);
const SHUTDOWN: Duration = Duration::from_millis(100);

/// Returns a supervisor of 20 handlers, with another such supervisor below it for each level.
fn branch(number: usize, depth: usize, targets: &mut Vec<Target>) -> Supervisor {
    let strategies = [
        SupervisionStrategy::OneForOne,
        SupervisionStrategy::OneForAll,
        SupervisionStrategy::RestForOne,
    ];
    let mut builder = Supervisor::new().with_strategy(strategies[number % 3]).with_max_restarts(5);
    for leaf in 0..20 {
        let start = if leaf % 4 == 0 { StartMode::Notify } else { StartMode::Spawned };
        let spec = ChildSpec::new(&format!("leaf{leaf}"))
            .with_start(start)
            .with_shutdown(SHUTDOWN)
            .with_heartbeat(HEARTBEAT)
            .with_worker(Handler);
        targets.push(Target::new(spec.handle(), true));
        builder = builder.with_child(spec);
    }
    if depth > 0 {
        let below = branch(number + 1, depth - 1, targets);
        builder = builder.with_child(ChildSpec::new("below").with_supervisor(below));
    }
    builder.build()
}

struct Tree {
    root: Supervisor,
    pool: Pool<Handler>,
    targets: Vec<Target>,
    runs: Arc<AtomicU64>,
}

fn tree() -> Tree {
    let unlimited = || Supervisor::new().with_max_restarts(MaxRestarts::Unlimited);
    let mut targets = Vec::new();
    let mut root = unlimited();
    for number in 0..5 {
        // Each branch has sixty handlers.
        let branch = branch(number, 2, &mut targets);
        root = root.with_child(ChildSpec::new(&format!("branch{number}")).with_supervisor(branch));
    }
    let template = ChildSpec::new("part").with_heartbeat(HEARTBEAT).with_worker(Handler);
    let parts: Partitioned<Message> = unlimited().build_partitioned(template, 40);
    targets.extend(parts.workers().iter().map(|part| Target::new(part.clone(), true)));
    root = root.with_child(ChildSpec::new("parts").with_supervisor(parts.supervisor().clone()));
    for number in 0..20 {
        let spec = ChildSpec::new(&format!("blocking{number}")).with_blocking(blocking());
        targets.push(Target::new(spec.handle(), false));
        root = root.with_child(spec);
    }
    for number in 0..10 {
        let program = match number {
            0..4 => Program::new("sleep").arg("10000"),
            4..8 => Program::new("sleep").arg("0.1"),
            _ => Program::new("sh").arg("-c").arg("while :; do echo a line; sleep 0.05; done"),
        };
        root = root.with_child(ChildSpec::new(&format!("program{number}")).with_program(program));
    }
    let runs = Arc::new(AtomicU64::new(0));
    for number in 0..30 {
        let runs = Arc::clone(&runs);
        let job = Periodic::every(Duration::from_millis(20), move || {
            count(&runs);
            async { Ok(()) }
        });
        root = root.with_child(ChildSpec::new(&format!("job{number}")).with_worker(job));
    }
    let worker = ChildSpec::per_worker::<Handler>("worker")
        .with_restart_policy(RestartPolicy::Transient)
        .with_heartbeat(HEARTBEAT)
        .with_shutdown(SHUTDOWN);
    let pool = unlimited().build_pool(worker);
    root = root.with_child(ChildSpec::new("pool").with_supervisor(pool.supervisor().clone()));
    Tree { root: root.build(), pool, targets, runs }
}

/// Does random things, one after the other, to a part of the children.
async fn torment(
    mut dice: fastrand::Rng,
    until: Instant,
    ledger: Arc<Ledger>,
    pool: Pool<Handler>,
    targets: &mut [Target],
) {
    let new = |order| Message { order, fate: Fate::OnItsWay, ledger: Arc::clone(&ledger) };
    while Instant::now() < until {
        let at = dice.usize(..targets.len());
        let target = &mut targets[at];
        target.collect();
        match dice.u32(..1000) {
            0..900 => {
                for _ in 0..dice.usize(1..100) {
                    send(&target.child, new(Order::Work), &ledger).await;
                }
            }
            900..950 => send(&target.child, new(Order::Fail), &ledger).await,
            950..970 => send(&target.child, new(Order::Panic), &ledger).await,
            970..980 if target.hangs => send(&target.child, new(Order::Hang), &ledger).await,
            980..990 => drop(target.child.kill().await),
            990..995 => drop(target.child.restart().await),
            995..1000 if target.child.path().as_str().starts_with("pool/") => {
                // The messages in its mailbox become dead letters.
                drop(target.child.terminate().await);
                target.collect_all().await;
                // Replaced, so that the population stays the same.
                let worker = within("a worker", pool.add_worker_with(Handler)).await.unwrap();
                *target = Target::new(worker, true);
            }
            _ => tokio::task::yield_now().await,
        }
    }
}

/// Supervisors start by themselves, become children of the root, and are removed.
async fn adopt(mut dice: fastrand::Rng, until: Instant, ledger: Arc<Ledger>, root: Supervisor) {
    let mut number = 0;
    while Instant::now() < until {
        let mut targets = Vec::new();
        let adopted = branch(number, dice.usize(..2), &mut targets);
        // On a busy machine, its children may hang too often while they start.
        drop(within("the start", adopted.start()).await);
        number += 1;
        let name = format!("adopted{number}");
        let mut adoption = Some(ChildSpec::new(&name).with_supervisor(adopted));
        for step in 0..20 {
            let child = &targets[dice.usize(..targets.len())].child;
            let order = if dice.u32(..10) == 0 { Order::Fail } else { Order::Work };
            let message = Message { order, fate: Fate::OnItsWay, ledger: Arc::clone(&ledger) };
            send(child, message, &ledger).await;
            if step == 10
                && let Some(spec) = adoption.take()
            {
                // It is refused if the supervisor has given up, at its start or since.
                drop(within("the adoption", root.add_child(spec)).await);
            }
        }
        // It is gone already if it was refused.
        drop(within("the stop", root.terminate_child(&name)).await);
        drop(within("the removal", root.delete_child(&name)).await);
        for target in &mut targets {
            target.collect_all().await;
        }
    }
}

/// Subscriptions come and go, some without reading what they get.
async fn subscribe(mut dice: fastrand::Rng, until: Instant, root: Supervisor) {
    while Instant::now() < until {
        let mut events = root.events();
        for _ in 0..dice.usize(..100) {
            if within("an event", events.next()).await.is_none() {
                return;
            }
        }
        tokio::task::yield_now().await;
    }
}

/// A log whose disk is full now and then.
#[derive(Clone, Default)]
struct Log(Arc<AtomicU64>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.fetch_add(1, Ordering::Relaxed) % 1000 == 999 {
            // Not `panic!`: the hook would print thousands of them.
            std::panic::resume_unwind(Box::new("the disk is full"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn send(child: &ChildRef<Message>, message: Message, ledger: &Ledger) {
    // The send may wait for room until the child is found hung: that is no failure.
    match child.send(message).await {
        Ok(()) => count(&ledger.sent),
        Err(error) => error.into_message().is(|ledger| &ledger.returned),
    }
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Returns the ids of the processes that this one has started and not reaped.
fn processes() -> String {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let children =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    children.collect()
}

fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

async fn soak(length: Duration, seed: u64) -> (Arc<Ledger>, Arc<AtomicU64>, Vec<usize>) {
    let ledger = Arc::new(Ledger::default());
    let Tree { root, pool, mut targets, runs } = tree();
    within("the start", root.start()).await.unwrap();
    let workers = within("the workers", pool.add_workers((0..600).map(|_| Handler))).await;
    targets.extend(workers.unwrap().into_iter().map(|worker| Target::new(worker, true)));
    let began = Instant::now();
    let mut shares: Vec<Vec<Target>> = (0..4).map(|_| Vec::new()).collect();
    for (index, target) in targets.into_iter().enumerate() {
        shares[index % 4].push(target);
    }
    let mut dice = fastrand::Rng::with_seed(seed);
    let tormentors: Vec<_> = shares
        .into_iter()
        .map(|mut share| {
            let (dice, ledger, pool) = (dice.fork(), Arc::clone(&ledger), pool.clone());
            tokio::spawn(async move {
                torment(dice, began + length, ledger, pool, &mut share).await;
                share
            })
        })
        .collect();
    let (until, first, second) = (began + length, dice.fork(), dice.fork());
    let others = [
        tokio::spawn(adopt(first, until, Arc::clone(&ledger), root.clone())),
        tokio::spawn(subscribe(second, until, root.clone())),
    ];
    let measured: Arc<Mutex<Vec<usize>>> = Arc::default();
    let meter = tokio::spawn({
        let measured = Arc::clone(&measured);
        async move {
            for _ in 0..4 {
                // The samples are spread over time: there is no event to wait for.
                tokio::time::sleep(length / 4).await;
                measured.lock().unwrap().push(memory());
            }
        }
    });
    // The storm takes its whole time; only the steps after it have a time limit.
    tokio::time::sleep(length).await;
    let mut shares = Vec::new();
    for tormentor in tormentors {
        shares.push(within("a tormentor", tormentor).await.unwrap());
    }
    for other in others {
        within("an adopter or a subscriber", other).await.unwrap();
    }
    within("the meter", meter).await.unwrap();
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(report.not_stopped().count(), 0, "{report}");
    for target in shares.iter_mut().flatten() {
        target.collect_all().await;
    }
    let measured = std::mem::take(&mut *measured.lock().unwrap());
    (ledger, runs, measured)
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures of a run that went well")]
fn after_the_storm_every_message_is_accounted_for_and_nothing_is_left() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let length = Duration::from_secs(number("SOAK_SECONDS").unwrap_or(10));
    let seed = number("SOAK_SEED").unwrap_or_else(|| fastrand::u64(..));
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_writer(move || writer.clone()).init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // The first process opens the files of tokio's signal driver, which stay open.
    runtime.block_on(async {
        let warm = tokio::process::Command::new("true").status().await;
        assert!(warm.unwrap().success());
    });
    let files = open_files();
    let (ledger, runs, memory) = runtime.block_on(soak(length, seed));
    let (left, tasks) = runtime.block_on(async {
        let metrics = tokio::runtime::Handle::current().metrics();
        let began = Instant::now();
        // The last tasks have reported their ends, and are about to be gone, for which there is no
        // event.
        while metrics.num_alive_tasks() > 0 && began.elapsed() < Duration::from_secs(10) {
            tokio::task::yield_now().await;
        }
        (processes(), metrics.num_alive_tasks())
    });
    let figure = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (sent, handled) = (figure(&ledger.sent), figure(&ledger.handled));
    let (jobs, lines) = (figure(&runs), figure(&log.0));
    let summary =
        format!("seed {seed}: {ledger:?}, {jobs} jobs, {lines} lines of the log, {memory:?} bytes");
    assert_eq!(figure(&ledger.vanished), 0, "{summary}");
    assert_eq!(sent, handled + figure(&ledger.lost) + figure(&ledger.left), "{summary}");
    assert!(handled > 1000 && figure(&ledger.lost) > 0 && jobs > 0, "{summary}");
    assert!(lines > 1000, "the log has panicked; {summary}");
    assert_eq!(tasks, 0, "{summary}");
    assert_eq!(left.trim(), "", "processes; {summary}");
    assert_eq!(open_files(), files, "{summary}");
    let (early, late) = (memory[1], memory[3]);
    assert!(late < early + early / 3, "it grows; {summary}");
    // Visible with `--nocapture`.
    eprintln!("{summary}");
}
