//! Replicas with clocks of different speeds, and one engine that loses and delays requests and
//! answers: at no moment do the children of two replicas run.

use std::ops::Range;
use std::time::Duration;

use super::super::{Action, Input, Machine};
use crate::lease::terms::Terms;

const TTL: Duration = Duration::from_secs(10);
const RENEW: Duration = Duration::from_secs(1);
const BUDGET: Duration = Duration::from_secs(2);
const KILL_GRACE: Duration = Duration::from_millis(500);

/// The time between two looks at the world.
const STEP: Duration = Duration::from_millis(10);
/// The longest time for which a replica gets no turn.
const LATE: u64 = 200;
/// The time that a world lasts.
const END: Duration = Duration::from_secs(120);

/// Random numbers: `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn millis(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// The engine, with the one lease.
#[derive(Default)]
struct Store {
    holder: Option<u64>,
    expires: Duration,
    fence: u64,
}

impl Store {
    fn carry_out(&mut self, now: Duration, action: Action, holder: u64) -> Input {
        if now >= self.expires {
            self.holder = None;
        }
        match (action, self.holder) {
            (Action::Acquire, Some(other)) if other != holder => {
                Input::Held(Some(self.expires.saturating_sub(now)))
            }
            (Action::Acquire, _) => {
                self.fence += 1;
                (self.holder, self.expires) = (Some(holder), now + TTL);
                Input::Acquired(self.fence)
            }
            (Action::Renew, Some(present)) if present == holder => {
                self.expires = now + TTL;
                Input::Renewed
            }
            (Action::Renew, _) => Input::Lost,
            (Action::Release, Some(present)) if present == holder => {
                self.holder = None;
                Input::Released
            }
            _ => Input::Released,
        }
    }
}

/// A request on its way: it arrives, and its answer comes.
struct Travelling {
    replica: usize,
    number: u64,
    action: Action,
    holder: u64,
    arrives: Duration,
    /// The answer, and the moment at which it comes.
    answer: Option<(Duration, Input)>,
    delay: Duration,
    is_lost: bool,
}

struct Replica {
    machine: Machine,
    /// The rate of its clock, in millionths.
    rate: u64,
    holder: u64,
    /// The number of its present request.
    request: u64,
    /// The moment at which its children will have ended, while they run.
    children: Option<Duration>,
    next_turn: Duration,
}

const NEVER: Duration = Duration::MAX;

impl Replica {
    fn clock(&self, now: Duration) -> Duration {
        let nanos = now.as_nanos() * u128::from(self.rate) / 1_000_000;
        Duration::from_nanos(u64::try_from(nanos).expect("a short world"))
    }
}

fn machine(now: Duration) -> Machine {
    let terms = Terms::new(TTL, RENEW, BUDGET, KILL_GRACE).expect("long enough");
    Machine::new(terms, now)
}

struct World {
    seed: u64,
    random: Random,
    now: Duration,
    store: Store,
    /// The engine is away at these moments.
    outage: Range<Duration>,
    travelling: Vec<Travelling>,
    replicas: Vec<Replica>,
    /// The number of holders so far.
    holders: u64,
    last_fence: u64,
    /// The number of times that children were started.
    starts: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let replicas = (0..3).map(|_| Replica {
            machine: machine(Duration::ZERO),
            // Between two clocks there is less than one percent.
            rate: 996_000 + random.below(8_000),
            holder: 0,
            request: 0,
            children: None,
            next_turn: Duration::ZERO,
        });
        Self {
            seed,
            replicas: replicas.collect(),
            random,
            now: Duration::ZERO,
            store: Store::default(),
            outage: Duration::ZERO..Duration::ZERO,
            travelling: Vec::new(),
            holders: 0,
            last_fence: 0,
            starts: 0,
        }
    }

    /// Lets the world last for its time. Returns how often children were started.
    fn run(mut self) -> u64 {
        while self.now < END {
            self.carry_out_requests();
            for number in 0..self.replicas.len() {
                self.crash_or_end(number);
                if self.now >= self.replicas[number].next_turn {
                    self.turn(number);
                }
            }
            let running = self.replicas.iter().filter(|replica| replica.children.is_some());
            let running = running.count();
            assert!(running <= 1, "seed {}, {:?}: {running} run", self.seed, self.now);
            self.now += STEP;
        }
        self.starts
    }

    /// Lets requests arrive at the engine.
    fn carry_out_requests(&mut self) {
        let now = self.now;
        if now >= self.outage.end && self.random.one_in(2_000) {
            self.outage = now..now + self.random.millis(15_000);
        }
        for request in &mut self.travelling {
            if request.answer.is_none() && now >= request.arrives {
                let answer = self.store.carry_out(now, request.action, request.holder);
                request.answer = Some((now + request.delay, answer));
            }
        }
        self.travelling.retain(|request| request.answer.is_none_or(|(at, _)| now <= at + TTL));
    }

    /// Lets a replica crash, or its children end.
    fn crash_or_end(&mut self, number: usize) {
        let (now, crashes) = (self.now, self.random.one_in(3_000));
        let replica = &mut self.replicas[number];
        let clock = replica.clock(now);
        if crashes {
            // The process is gone with its children, and another one comes.
            (replica.machine, replica.children) = (machine(clock), None);
            replica.request += 1;
        }
        if replica.children.is_some_and(|end| now >= end) {
            replica.children = None;
            replica.machine.on(clock, Input::Ended);
        }
    }

    /// Gives a replica its turn: an answer that has come, and what it then does.
    fn turn(&mut self, number: usize) {
        let (now, random) = (self.now, &mut self.random);
        let late = if random.one_in(20) { LATE } else { 20 };
        let replica = &mut self.replicas[number];
        replica.next_turn = now + random.millis(late);
        let clock = replica.clock(now);
        let answered = self.travelling.iter().find(|request| {
            (request.replica, request.number) == (number, replica.request)
                && request.answer.is_some_and(|(at, _)| now >= at)
        });
        if let Some(Travelling { answer: Some((_, answer)), is_lost, .. }) = answered {
            replica.machine.on(clock, if *is_lost { Input::Failed } else { *answer });
            replica.request += 1;
        }
        if random.one_in(500) {
            replica.machine.on(clock, Input::Free);
        }
        while let Some(action) = self.replicas[number].machine.act(clock) {
            self.act(number, action);
        }
    }

    fn act(&mut self, number: usize, action: Action) {
        let (now, seed) = (self.now, self.seed);
        let (cleanup, grace) = (self.random.millis(2_000), self.random.millis(500));
        let replica = &mut self.replicas[number];
        match action {
            Action::Acquire | Action::Renew | Action::Release => self.request(number, action),
            Action::Open(fence) => {
                assert!(replica.children.is_none(), "seed {seed}: two lives at once");
                assert!(fence > self.last_fence, "seed {seed}: the fence does not grow");
                (self.last_fence, self.starts) = (fence, self.starts + 1);
                replica.children = Some(NEVER);
            }
            Action::Shut(_) => {
                *replica.children.as_mut().expect("they were started") = now + cleanup;
            }
            Action::Kill => {
                let end = replica.children.as_mut().expect("they were started");
                *end = (*end).min(now + grace);
            }
            Action::Over => unreachable!("nobody asked for the end"),
        }
    }

    /// Sends a request, which may be slow, or lost, or have an answer that is lost.
    fn request(&mut self, number: usize, action: Action) {
        let (now, is_away) = (self.now, self.outage.contains(&self.now));
        let (random, replica) = (&mut self.random, &mut self.replicas[number]);
        if action == Action::Acquire {
            self.holders += 1;
            replica.holder = self.holders;
        }
        replica.request += 1;
        let slow = if random.one_in(10) { 6_000 } else { 50 };
        let never_arrives = is_away || random.one_in(20);
        let arrives = now + random.millis(slow);
        self.travelling.push(Travelling {
            replica: number,
            number: replica.request,
            action,
            holder: replica.holder,
            arrives,
            answer: never_arrives.then_some((arrives, Input::Failed)),
            delay: random.millis(slow),
            is_lost: random.one_in(20),
        });
    }
}

#[test]
fn the_children_of_two_replicas_never_run_at_once() {
    let starts: u64 = (0..200).map(|seed| World::new(seed).run()).sum();
    // The lease changes hands often enough for the test to mean something.
    assert!(starts > 700, "{starts} starts");
}
