//! Rounds of faults with three processes and a real engine: processes are killed, stopped and continued,
//! and the engine is stopped, crashed and started, while the children of a singleton write.
//!
//! - No two intervals in which they run overlap, unless a process was stopped for longer than its lease.
//! - Even then, no write is accepted that has checked its fence and comes after one with a higher fence.
//!
//! `LEASE_ROUNDS=1000` makes a thousand rounds, which take half an hour; `LEASE_SEED` chooses the faults.

mod process;
mod work;

use std::collections::BTreeMap;
use std::env;
use std::future::Future;
use std::time::Duration;

use rustix::process::Signal;
use tokio::task::block_in_place;
use tokio::time::sleep;

use self::process::{Interval, Process, Record, now};
use self::work::{RENEW, TTL};
pub use self::work::{Trouble, work};
use super::StepResult;

const MILLISECOND: Duration = Duration::from_millis(1);
const PLACES: usize = 3;

/// The signal of a process that aborts.
const SIGABRT: i32 = 6;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// The leader is killed.
    Kill,
    /// A replica on standby is killed.
    KillStandby,
    /// The leader is shut down.
    Shutdown,
    /// The leader's process is paused for longer than its lease.
    LongPause,
    /// The leader's process is paused for a moment.
    ShortPause,
    /// The server stops and starts, or a member of it does.
    Restart,
    /// The server crashes, is away for longer than the lease, and starts.
    Outage,
}

/// The faults of ten rounds, in an order of their own each time.
const TEN: [Fault; 10] = [
    Fault::Kill,
    Fault::Kill,
    Fault::KillStandby,
    Fault::Shutdown,
    Fault::Shutdown,
    Fault::LongPause,
    Fault::LongPause,
    Fault::ShortPause,
    Fault::Restart,
    Fault::Outage,
];

/// The writes that an engine has accepted.
#[derive(Clone, Copy, Debug)]
pub struct Writes {
    /// The number of them.
    pub count: u64,
    /// The number of those that came after one with a higher fence.
    pub stale: u64,
}

/// The server of an engine, in the hands of the rounds.
pub trait Engine {
    /// The longest time by which the server is late when it ends a lease.
    const LATE: Duration;

    /// Returns the first argument of the processes, by which they reach the server. (The second one is
    /// the name of the replica.)
    fn address(&self) -> String;

    /// Breaks the server for a moment.
    ///
    /// # Errors
    ///
    /// If the server does not go on.
    fn restart(&mut self, random: &mut fastrand::Rng) -> StepResult;

    /// Ends the server as a crash would.
    ///
    /// # Errors
    ///
    /// If it does not end.
    fn crash(&mut self) -> StepResult;

    /// Starts the server again.
    ///
    /// # Errors
    ///
    /// If it does not start.
    fn start(&mut self) -> StepResult;

    /// Returns the writes with a check of the fence, and those without one.
    fn writes(&self) -> impl Future<Output = StepResult<(Writes, Writes)>>;
}

/// Runs `default` rounds over this engine, or `LEASE_ROUNDS` of them, with processes of this program,
/// whose `main` calls [`work`].
///
/// # Errors
///
/// The promise that was broken, in words.
pub async fn run(engine: impl Engine, program: &str, default: u64) -> StepResult {
    let rounds = rounds(default)?;
    let seed = number("LEASE_SEED")?.unwrap_or_else(|| fastrand::u64(..));
    println!("{rounds} rounds with LEASE_SEED={seed}");
    let mut cluster = Cluster::start(engine, program, seed)?;
    for round in 0..rounds {
        if round % 10 == 0 {
            cluster.faults = TEN.to_vec();
            cluster.random.shuffle(&mut cluster.faults);
        }
        cluster.round(round).await?;
    }
    cluster.leader("the end").await?;
    cluster.report(rounds).await
}

/// Returns the longest time that the rounds take.
///
/// # Errors
///
/// If `LEASE_ROUNDS` is no number.
pub fn limit(default: u64) -> StepResult<Duration> {
    Ok(Duration::from_secs(60 + 10 * rounds(default)?))
}

fn rounds(default: u64) -> StepResult<u64> {
    Ok(number("LEASE_ROUNDS")?.unwrap_or(default))
}

fn number(name: &str) -> StepResult<Option<u64>> {
    Ok(env::var(name).ok().map(|value| value.parse()).transpose()?)
}

struct Cluster<E> {
    // Declared first, so that the processes are dropped, and killed, before the server is.
    replicas: Vec<Process>,
    engine: E,
    program: String,
    record: Record,
    random: fastrand::Rng,
    faults: Vec<Fault>,
    /// The times from a fault, or from the end of the children, until they run again.
    times: BTreeMap<Fault, Vec<Duration>>,
    /// The number of processes that ended themselves before their lease did.
    aborted: u32,
}

impl<E: Engine> Cluster<E> {
    fn start(engine: E, program: &str, seed: u64) -> StepResult<Self> {
        let (record, address) = (Record::default(), engine.address());
        let start = |place| Process::start(place, program, &address, &record);
        let replicas = (0..PLACES).map(start).collect::<StepResult<_>>()?;
        let (random, faults, times) = (fastrand::Rng::with_seed(seed), Vec::new(), BTreeMap::new());
        let program = program.to_owned();
        Ok(Self { replicas, engine, program, record, random, faults, times, aborted: 0 })
    }

    async fn round(&mut self, round: u64) -> StepResult {
        let leader = self.leader("a leader before the fault").await?;
        // The fault comes anywhere between two renewals.
        sleep(self.random.u32(100..500) * MILLISECOND).await;
        let Some(fault) = self.faults.pop() else { return Err("ten faults for ten rounds".into()) };
        let since = now();
        let place = leader.place;
        let since = match fault {
            Fault::Kill => {
                self.replicas[place].signal(Signal::KILL)?;
                self.start_again(place)?;
                since
            }
            Fault::KillStandby => {
                let standby = (place + 1) % PLACES;
                self.replicas[standby].signal(Signal::KILL)?;
                self.start_again(standby)?;
                return self.check(round);
            }
            Fault::Shutdown => {
                self.replicas[place].signal(Signal::TERM)?;
                self.start_again(place)?;
                self.last_end(leader.fence)?
            }
            Fault::LongPause => {
                let pause = TTL + self.random.u32(200..1_500) * MILLISECOND;
                self.replicas[place].signal(Signal::STOP)?;
                self.replicas[place].mark_frozen();
                sleep(pause).await;
                self.replicas[place].signal(Signal::CONT)?;
                // It notices, or ends itself.
                sleep(100 * MILLISECOND).await;
                if self.replicas[place].ended()?.is_some() {
                    self.start_again(place)?;
                }
                since
            }
            Fault::ShortPause => {
                self.replicas[place].signal(Signal::STOP)?;
                sleep(self.random.u32(1..400) * MILLISECOND).await;
                self.replicas[place].signal(Signal::CONT)?;
                return self.check(round);
            }
            Fault::Restart => {
                block_in_place(|| self.engine.restart(&mut self.random))?;
                return self.check(round);
            }
            Fault::Outage => {
                block_in_place(|| self.engine.crash())?;
                sleep(TTL).await;
                block_in_place(|| self.engine.start())?;
                now()
            }
        };
        let after = self.next_leader(leader.fence).await?;
        self.times.entry(fault).or_default().push(after.begin.saturating_sub(since));
        self.check(round)
    }

    /// Starts a process in the place of one that ends.
    fn start_again(&mut self, place: usize) -> StepResult {
        if block_in_place(|| self.replicas[place].wait())? == Some(SIGABRT) {
            self.aborted += 1;
        }
        self.replicas[place] =
            Process::start(place, &self.program, &self.engine.address(), &self.record)?;
        Ok(())
    }

    fn last_end(&self, fence: u64) -> StepResult<Duration> {
        let said = self.record.lock();
        let interval = said.intervals.iter().rev().find(|interval| interval.fence == fence);
        Ok(interval.and_then(|interval| interval.end).ok_or("its children have not ended")?)
    }

    async fn leader(&self, what: &str) -> StepResult<Interval> {
        self.wait_for(what, Record::leader).await
    }

    async fn next_leader(&self, fence: u64) -> StepResult<Interval> {
        let next = |record: &Record| {
            let said = record.lock();
            said.intervals.iter().find(|interval| interval.fence > fence).cloned()
        };
        self.wait_for("the next leader", next).await
    }

    async fn wait_for<T>(&self, what: &str, find: impl Fn(&Record) -> Option<T>) -> StepResult<T> {
        let until = now() + 10 * TTL;
        while now() < until {
            if let Some(found) = find(&self.record) {
                return Ok(found);
            }
            sleep(MILLISECOND).await;
        }
        Err(format!("waited in vain for {what}").into())
    }

    /// Checks that no process has ended by itself, and that no two intervals overlap.
    fn check(&mut self, round: u64) -> StepResult {
        for place in 0..PLACES {
            if let Some(status) = self.replicas[place].ended()? {
                println!("round {round}: replica {place} has ended by itself: {status}");
                self.start_again(place)?;
            }
        }
        let said = self.record.lock();
        // An interval whose process was stopped for too long counts until then.
        let end = |interval: &Interval| {
            let end = interval.end.unwrap_or(Duration::MAX);
            interval.frozen.map_or(end, |frozen| end.min(frozen))
        };
        let mut intervals: Vec<&Interval> = said.intervals.iter().collect();
        intervals.sort_by_key(|interval| interval.begin);
        for pair in intervals.windows(2) {
            if pair[1].begin < end(pair[0]) {
                return Err(format!("round {round}: these intervals overlap: {pair:#?}").into());
            }
            if pair[1].fence < pair[0].fence {
                return Err(format!("round {round}: the fence has become lower: {pair:#?}").into());
            }
        }
        Ok(())
    }

    /// Checks the writes, and prints what was seen.
    async fn report(&mut self, rounds: u64) -> StepResult {
        let (fenced, unfenced) = self.engine.writes().await?;
        {
            let said = self.record.lock();
            let intervals = said.intervals.len();
            println!("{rounds} rounds, {intervals} intervals, none of which overlaps another");
            println!("{} processes have ended themselves before their lease did", self.aborted);
            println!("writes with a check of the fence: {}, stale: {}", fenced.count, fenced.stale);
            println!("writes without: {}, stale: {}", unfenced.count, unfenced.stale);
        }
        for (fault, times) in &mut self.times {
            times.sort_unstable();
            let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
            let (median, p99, longest) = (at(50), at(99), times[times.len() - 1]);
            println!(
                "{fault:?}: {} times, median {median:.0?}, p99 {p99:.0?}, longest {longest:.0?}",
                times.len()
            );
        }
        if fenced.stale > 0 {
            return Err("a stale write was accepted".into());
        }
        if fenced.count == 0 || unfenced.count == 0 {
            return Err("nothing was written".into());
        }
        let kill = self.times.get(&Fault::Kill).and_then(|times| times.last());
        let limit = TTL + RENEW + E::LATE;
        match kill {
            Some(longest) if *longest > limit => Err("a hand-over took too long".into()),
            _ => Ok(()),
        }
    }
}
