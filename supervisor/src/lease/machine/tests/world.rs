//! Replicas with clocks of different speeds, and one engine that loses and delays requests and
//! answers: at no moment do the children of two replicas run.

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
    /// The speed of its clock, in millionths.
    speed: u64,
    holder: u64,
    /// The number of its present request.
    request: u64,
    /// The fence under which its children run, and the moment at which they will have ended.
    children: Option<(u64, Duration)>,
    next_turn: Duration,
    crashes: u64,
}

const NEVER: Duration = Duration::MAX;

impl Replica {
    fn clock(&self, now: Duration) -> Duration {
        let nanos = now.as_nanos() * u128::from(self.speed) / 1_000_000;
        Duration::from_nanos(u64::try_from(nanos).expect("a short world"))
    }
}

fn machine(now: Duration) -> Machine {
    let terms = Terms::new(TTL, RENEW, Some(BUDGET), KILL_GRACE).expect("long enough");
    Machine::new(terms, now)
}

/// What a world has seen.
#[derive(Default)]
struct Seen {
    opened: u64,
    handed_over: u64,
}

fn run(seed: u64) -> Seen {
    let mut random = Random(seed);
    let mut store = Store::default();
    let mut travelling: Vec<Travelling> = Vec::new();
    let (mut seen, mut last_fence, mut holders) = (Seen::default(), 0, 0);
    let mut outage = Duration::ZERO..Duration::ZERO;
    let mut replicas: Vec<Replica> = (0..3)
        .map(|_| {
            // Between two clocks there is less than one percent.
            let speed = 996_000 + random.below(8_000);
            let replica = |machine| Replica {
                machine,
                speed,
                holder: 0,
                request: 0,
                children: None,
                next_turn: Duration::ZERO,
                crashes: 0,
            };
            replica(machine(Duration::ZERO))
        })
        .collect();
    let mut now = Duration::ZERO;
    while now < END {
        if now >= outage.end && random.one_in(2_000) {
            outage = now..now + random.millis(15_000);
        }
        let is_away = outage.contains(&now);
        for request in &mut travelling {
            if request.answer.is_none() && now >= request.arrives {
                let answer = store.carry_out(now, request.action, request.holder);
                request.answer = Some((now + request.delay, answer));
            }
        }
        for (number, replica) in replicas.iter_mut().enumerate() {
            // A crash: the process is gone with its children, and another one comes.
            if random.one_in(3_000) {
                let at = replica.clock(now);
                (replica.machine, replica.children) = (machine(at), None);
                replica.request += 1;
                replica.crashes += 1;
            }
            if replica.children.is_some_and(|(_, end)| now >= end) {
                replica.children = None;
                replica.machine.on(replica.clock(now), Input::Ended);
            }
            if now < replica.next_turn {
                continue;
            }
            let late = if random.one_in(20) { LATE } else { 20 };
            replica.next_turn = now + random.millis(late);
            let clock = replica.clock(now);
            let answered = travelling.iter().find(|request| {
                (request.replica, request.number) == (number, replica.request)
                    && request.answer.is_some_and(|(at, _)| now >= at)
            });
            if let Some(request) = answered {
                let answer = request.answer.map_or(Input::Failed, |(_, answer)| answer);
                let lost = if request.is_lost { Input::Failed } else { answer };
                replica.machine.on(clock, lost);
                replica.request += 1;
            }
            if random.one_in(500) {
                replica.machine.on(clock, Input::Free);
            }
            while let Some(action) = replica.machine.act(clock) {
                match action {
                    Action::Acquire | Action::Renew | Action::Release => {
                        if action == Action::Acquire {
                            holders += 1;
                            replica.holder = holders;
                        }
                        replica.request += 1;
                        let slow = if random.one_in(10) { 6_000 } else { 50 };
                        let never_arrives = is_away || random.one_in(20);
                        let arrives = now + random.millis(slow);
                        travelling.push(Travelling {
                            replica: number,
                            number: replica.request,
                            action,
                            holder: replica.holder,
                            arrives: if never_arrives { NEVER } else { arrives },
                            answer: never_arrives.then_some((arrives, Input::Failed)),
                            delay: random.millis(slow),
                            is_lost: never_arrives || random.one_in(20),
                        });
                    }
                    Action::Open(fence) => {
                        assert!(replica.children.is_none(), "seed {seed}: two lives at once");
                        assert!(fence > last_fence, "seed {seed}: {fence} after {last_fence}");
                        seen.opened += 1;
                        seen.handed_over += u64::from(last_fence > 0);
                        last_fence = fence;
                        replica.children = Some((fence, NEVER));
                    }
                    Action::Shut(_) => {
                        let (_, end) = replica.children.as_mut().expect("they were started");
                        *end = now + random.millis(2_000);
                    }
                    Action::Kill => {
                        let (_, end) = replica.children.as_mut().expect("they were started");
                        *end = (*end).min(now + random.millis(500));
                    }
                    Action::Over => unreachable!("nobody asked for the end"),
                }
            }
        }
        travelling.retain(|request| {
            let is_answered = request.answer.is_some_and(|(at, _)| now > at + TTL);
            !is_answered && (request.arrives != NEVER || request.answer.is_some())
        });
        let running = replicas.iter().filter(|replica| replica.children.is_some()).count();
        assert!(running <= 1, "seed {seed}, {now:?}: {running} replicas run the children");
        now += STEP;
    }
    seen
}

#[test]
fn the_children_of_two_replicas_never_run_at_once() {
    let mut all = Seen::default();
    for seed in 0..200 {
        let seen = run(seed);
        all.opened += seen.opened;
        all.handed_over += seen.handed_over;
    }
    // The lease changes hands often enough for the test to mean something.
    assert!(all.handed_over > 500, "{} hand-overs in {} starts", all.handed_over, all.opened);
}
