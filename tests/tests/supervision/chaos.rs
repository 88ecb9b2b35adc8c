//! Tests random trees under random failures and commands: no child has two lives at once, every
//! call is answered, the events are consistent, and a shutdown leaves nothing. On the paused clock
//! a seed repeats a run.

use std::collections::HashMap;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    AnyChildRef, Backoff, MaxRestarts, Order, StartMode, SupervisorBuilder,
    events::{EventKind, Events},
    specs::Ready,
};
use supervisor_tests::{Gauge, within};
use tokio::time::sleep;

/// Random numbers, by SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let index = usize::try_from(self.below(all.len() as u64)).unwrap();
        all[index]
    }

    fn millis(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }
}

/// A message to a child: how it is to end, or to hang.
#[derive(Debug, Clone, Copy)]
enum Command {
    Return,
    Fail,
    Panic,
    Hang,
}

/// A child that needs time to start and to stop, and fails now and then.
#[derive(Child)]
#[child(message = Command, mailbox = 4)]
struct Erratic {
    gauge: Gauge,
    seed: u64,
}

impl Worker for Erratic {
    async fn run(&self, mut ctx: Context<Command>) -> ChildResult {
        let _life = self.gauge.enter();
        let mut dice = Dice(self.seed ^ ctx.incarnation());
        // The first life always starts, so that the tree does; a start fails only as a restart.
        if ctx.incarnation() > 1 {
            if dice.below(8) == 0 {
                return Err("it does not start".into());
            }
            sleep(dice.millis(20)).await;
        }
        ctx.ready();
        let life = dice.millis(2000);
        let end = tokio::select! {
            message = ctx.recv() => message,
            () = sleep(life) => Some(dice.one_of(&[Command::Return, Command::Fail, Command::Panic])),
        };
        match end {
            Some(Command::Return) => return Ok(()),
            Some(Command::Fail) => return Err("it fails".into()),
            Some(Command::Panic) => std::panic::resume_unwind(Box::new("it panics")),
            Some(Command::Hang) => std::future::pending().await,
            None => {}
        }
        sleep(dice.millis(60)).await;
        Ok(())
    }
}

/// A tree that grows while it runs.
struct Chaos {
    dice: Dice,
    start_timeout: Duration,
    gauges: Vec<Gauge>,
    children: Vec<AnyChildRef>,
    supervisors: Vec<Supervisor>,
    names: u64,
}

impl Chaos {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("c{}", self.names)
    }

    fn options<S>(&mut self, spec: ChildSpec<S>) -> ChildSpec<S> {
        let policy = self.dice.one_of(&[
            RestartPolicy::Always,
            RestartPolicy::Always,
            RestartPolicy::Transient,
            RestartPolicy::Temporary,
        ]);
        let spec = spec.with_restart_policy(policy);
        if policy != RestartPolicy::Temporary && self.dice.below(3) == 0 {
            let min = self.dice.millis(50) + Duration::from_millis(1);
            return spec.with_backoff(Backoff::new(min, min * 3));
        }
        spec
    }

    fn child(&mut self) -> ChildSpec<Ready<ChildRef<Command>>> {
        let gauge = Gauge::new();
        self.gauges.push(gauge.clone());
        let (name, seed) = (self.name(), self.dice.roll());
        let shutdown = self.dice.one_of(&[
            Shutdown::BrutalKill,
            Shutdown::Timeout(Duration::from_millis(30)),
            Shutdown::Timeout(Duration::from_millis(500)),
        ]);
        let start = self.dice.one_of(&[StartMode::Spawned, StartMode::Notify]);
        let spec = ChildSpec::new(&name)
            .with_worker(Erratic { gauge, seed })
            .with_shutdown(shutdown)
            .with_start(start);
        let spec = match start {
            StartMode::Notify => spec.with_start_timeout(self.start_timeout),
            _ => spec,
        };
        let spec = self.options(spec);
        self.children.push(spec.handle().as_any());
        spec
    }

    fn builder(&mut self) -> SupervisorBuilder {
        let strategy = self.dice.one_of(&[
            SupervisionStrategy::OneForOne,
            SupervisionStrategy::OneForAll,
            SupervisionStrategy::RestForOne,
        ]);
        let limit = self.dice.one_of(&[
            MaxRestarts::AtMost(20),
            MaxRestarts::AtMost(3),
            MaxRestarts::Unlimited,
        ]);
        Supervisor::new()
            .with_strategy(strategy)
            .with_max_restarts(limit)
            .with_restart_window(Duration::from_secs(5))
    }

    fn supervisor(&mut self, depth: u64) -> Supervisor {
        let builder = self.builder();
        self.tree(builder, depth)
    }

    /// Returns a tree of which every second supervisor has the order by use.
    fn tree(&mut self, mut builder: SupervisorBuilder, depth: u64) -> Supervisor {
        let is_by_use = self.supervisors.len() % 2 == 1;
        if is_by_use {
            builder = builder.with_order(Order::ByUse);
        }
        let mut siblings: Vec<String> = Vec::new();
        for _ in 0..=self.dice.below(4) {
            // Every second one of the earlier siblings.
            let used = siblings.iter().skip(siblings.len() % 2).step_by(2);
            let after: Vec<String> = used.filter(|_| is_by_use).cloned().collect();
            let after = after.iter().map(String::as_str);
            builder = if depth > 0 && self.dice.below(3) == 0 {
                let sub = self.supervisor(depth - 1);
                let name = self.name();
                let spec = self.options(ChildSpec::new(&name).with_supervisor(sub.clone()));
                siblings.push(name);
                builder.with_child(spec.with_after(after))
            } else {
                let spec = self.child();
                let spec = spec.with_after(after);
                siblings.push(spec.handle().path().to_string());
                builder.with_child(spec)
            };
        }
        let supervisor = builder.build();
        self.supervisors.push(supervisor.clone());
        supervisor
    }

    /// Makes a random call, whose result does not matter; sometimes the future is dropped early.
    fn meddle(&mut self) {
        let pick = usize::try_from(self.dice.below(self.children.len() as u64)).unwrap();
        let child = self.children[pick].clone();
        let pick = usize::try_from(self.dice.below(self.supervisors.len() as u64)).unwrap();
        let supervisor = self.supervisors[pick].clone();
        let name = child.path().as_str().rsplit('/').next().unwrap_or_default().to_owned();
        let message =
            self.dice.one_of(&[Command::Return, Command::Fail, Command::Panic, Command::Hang]);
        let added = (self.dice.below(10) == 0).then(|| self.child());
        let adopted = (self.dice.below(10) == 0).then(|| {
            let sub = self.supervisor(0);
            let name = self.name();
            (self.dice.below(2) == 0, self.options(ChildSpec::new(&name).with_supervisor(sub)))
        });
        let command = self.dice.below(10);
        let call = async move {
            match command {
                0 => drop(child.terminate().await),
                1 => drop(child.restart().await),
                2 => drop(child.kill().await),
                3 => drop(supervisor.terminate_child(&name).await),
                4 => drop(supervisor.restart_child(&name).await),
                5 => drop(supervisor.delete_child(&name).await),
                6 => drop(supervisor.snapshot().await),
                7 => drop(supervisor.stats().await),
                _ => {
                    if let Some(child) = child.downcast::<Command>() {
                        let _ = child.try_send(message);
                    }
                }
            }
            if let Some(spec) = added {
                drop(supervisor.add_child(spec).await);
            }
            if let Some((runs, spec)) = adopted {
                if runs {
                    let _ = spec.handle().start().await;
                }
                drop(supervisor.add_child(spec).await);
            }
        };
        let patience = self.dice.millis(40);
        tokio::spawn(async move {
            if patience.is_zero() {
                within("an answer", call).await;
            } else {
                let _ = tokio::time::timeout(patience, call).await;
            }
        });
    }

    fn check(&self) {
        for gauge in &self.gauges {
            assert!(gauge.most() <= 1, "{} lives at once", gauge.most());
        }
    }
}

/// Checks that each life of a child begins once and ends once, with growing numbers.
fn check_story(events: &mut Events) {
    let mut lives: HashMap<String, (u64, bool)> = HashMap::new();
    let mut last = 0;
    while let Some(event) = events.try_next() {
        assert_eq!(event.number(), last + 1, "{event}");
        last += 1;
        let (number, up) = lives.entry(event.path().to_string()).or_default();
        match *event.kind() {
            EventKind::ChildStarted { incarnation, .. }
            | EventKind::ChildRestarted { incarnation, .. } => {
                // The lives of a new child under a name that was free again begin with 1.
                assert!(!*up && (incarnation > *number || incarnation == 1), "{event}");
                (*number, *up) = (incarnation, true);
            }
            EventKind::ChildTerminated { incarnation, .. } => {
                // While the supervisor stops, the end of a life that never was up is published too.
                assert!(incarnation >= *number, "{event} after life {number}");
                *up = false;
            }
            EventKind::ChildStartFailed { .. } | EventKind::ChildDeclined => {
                assert!(!*up, "{event}");
            }
            _ => {}
        }
    }
    // A running supervisor that is refused as a child is a part of the tree until the refusal; the
    // ends of its children after that are not in these events.
    let is_part = |path: &str| {
        path.match_indices('/')
            .all(|(end, _)| lives.get(&path[..end]).is_some_and(|life| life.0 > 0))
    };
    let left: Vec<_> =
        lives.iter().filter(|(path, (_, up))| *up && is_part(path)).map(|(path, _)| path).collect();
    assert!(left.is_empty(), "still up: {left:?}");
}

async fn chaos(seed: u64, start_timeout: Duration) {
    let mut chaos = Chaos {
        dice: Dice(seed),
        start_timeout,
        gauges: Vec::new(),
        children: Vec::new(),
        supervisors: Vec::new(),
        names: 0,
    };
    // The root goes on until its shutdown is requested, however often its children fail.
    let root = chaos.builder().with_max_restarts(MaxRestarts::Unlimited);
    let root = chaos.tree(root, 2);
    let mut events = root.events();
    let start = tokio::spawn({
        let root = root.clone();
        async move { root.start().await }
    });
    for _ in 0..150 {
        sleep(chaos.dice.millis(30)).await;
        chaos.meddle();
        chaos.check();
    }
    match within("the start", start).await.unwrap() {
        Ok(()) => {
            within("a query", root.which_children()).await.expect("it runs");
            within("the shutdown", root.shutdown()).await.unwrap();
        }
        // On a busy machine, a child may be killed before it has come up for the first time.
        Err(error) => assert!(error.to_string().ends_with(": killed"), "{error}"),
    }
    let _ = within("the end", root.wait()).await;
    // Supervisors that were refused, or whose adoption was dropped half-way, may be roots that run.
    for supervisor in &chaos.supervisors {
        let _ = within("the shutdown of each", supervisor.shutdown()).await;
        let _ = within("the end of each", supervisor.wait()).await;
    }
    chaos.check();
    let alive: usize = chaos.gauges.iter().map(Gauge::alive).sum();
    assert_eq!(alive, 0, "nothing outlives its supervisor");
    check_story(&mut events);
    for child in &chaos.children {
        within("an answer", child.terminate()).await.unwrap_err();
    }
}

fn worlds(seeds: std::ops::Range<u64>) {
    // Some children take longer than this to start.
    let start_timeout = Duration::from_millis(15);
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let result = std::panic::catch_unwind(|| runtime.block_on(chaos(seed, start_timeout)));
        assert!(result.is_ok(), "with seed {seed}");
    }
}

#[test]
fn nothing_breaks_in_the_first_hundred_worlds() {
    worlds(0..100);
}

#[test]
fn nothing_breaks_in_the_second_hundred_worlds() {
    worlds(100..200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_breaks_between_threads() {
    // No child takes longer than this to start, however busy the machine is.
    let start_timeout = Duration::from_secs(10);
    let running: Vec<_> =
        (1000..1030).map(|seed| tokio::spawn(chaos(seed, start_timeout))).collect();
    for (number, world) in running.into_iter().enumerate() {
        assert!(world.await.is_ok(), "with seed {}", 1000 + number);
    }
}
