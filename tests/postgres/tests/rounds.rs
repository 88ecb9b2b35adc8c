//! Rounds of faults with three processes and a real PostgreSQL: processes are killed, stopped and
//! continued, and the server is stopped, crashed and started, while the children of a singleton write.
//!
//! - No two intervals in which they run overlap, unless a process was stopped for longer than its lease.
//! - Even then, no write is accepted that has checked its fence and comes after one with a higher fence.
//!
//! `LEASE_ROUNDS=1000` makes a thousand rounds, which take half an hour; `LEASE_SEED` chooses the faults.
//! With `POSTGRES=required`, it is a failure that PostgreSQL is not installed.

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use rustix::process::Signal;
use supervisor_postgres::PgLeases;
use supervisor_postgres_tests::rounds::{RENEW, TTL};
use supervisor_postgres_tests::server::{Server, StepResult, with_server};
use tokio::task::block_in_place;
use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use self::replica::{Interval, Record, Replica, now};

#[path = "rounds/replica.rs"]
mod replica;

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
    /// The server stops and starts.
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

fn main() -> StepResult {
    let number = |name: &str| env::var(name).ok().map(|value| value.parse::<u64>()).transpose();
    let rounds = number("LEASE_ROUNDS")?.unwrap_or(20);
    let seed = number("LEASE_SEED")?.unwrap_or_else(|| fastrand::u64(..));
    println!("{rounds} rounds with LEASE_SEED={seed}");
    let limit = Duration::from_secs(60 + 10 * rounds);
    with_server(env!("CARGO_TARGET_TMPDIR"), limit, async |server: &Server| {
        server.start()?;
        let admin = client(server).await?;
        let tables = "CREATE TABLE fenced (id bigserial PRIMARY KEY, fence bigint NOT NULL);
                      CREATE TABLE unfenced (LIKE fenced INCLUDING ALL)";
        admin.batch_execute(tables).await?;
        PgLeases::new(server.url().parse()?).create_table().await?;
        let mut cluster = Cluster::start(server, seed)?;
        for round in 0..rounds {
            if round % 10 == 0 {
                cluster.faults = TEN.to_vec();
                cluster.random.shuffle(&mut cluster.faults);
            }
            cluster.round(round).await?;
        }
        cluster.leader("the end").await?;
        cluster.report(rounds).await
    })
}

struct Cluster<'a> {
    server: &'a Server,
    record: Record,
    replicas: Vec<Replica>,
    random: fastrand::Rng,
    faults: Vec<Fault>,
    /// The times from a fault, or from the end of the children, until they run again.
    times: BTreeMap<Fault, Vec<Duration>>,
    /// The number of processes that ended themselves before their lease did.
    aborted: u32,
}

impl<'a> Cluster<'a> {
    fn start(server: &'a Server, seed: u64) -> StepResult<Self> {
        let record = Record::default();
        let start = |place| Replica::start(place, &server.url(), &record);
        let replicas = (0..PLACES).map(start).collect::<StepResult<_>>()?;
        let (random, faults, times) = (fastrand::Rng::with_seed(seed), Vec::new(), BTreeMap::new());
        Ok(Self { server, record, replicas, random, faults, times, aborted: 0 })
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
                block_in_place(|| self.server.stop().and_then(|()| self.server.start()))?;
                return self.check(round);
            }
            Fault::Outage => {
                block_in_place(|| self.server.crash())?;
                sleep(TTL).await;
                block_in_place(|| self.server.start())?;
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
        self.replicas[place] = Replica::start(place, &self.server.url(), &self.record)?;
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
        let admin = client(self.server).await?;
        let stale = async |table: &str| {
            let query = format!(
                "SELECT count(*), count(*) FILTER (WHERE fence < highest) FROM \
                 (SELECT fence, max(fence) OVER (ORDER BY id) AS highest FROM {table}) AS writes"
            );
            let row = admin.query_one(&query, &[]).await?;
            Ok::<(i64, i64), tokio_postgres::Error>((row.get(0), row.get(1)))
        };
        let (fenced, unfenced) = (stale("fenced").await?, stale("unfenced").await?);
        {
            let said = self.record.lock();
            let intervals = said.intervals.len();
            println!("{rounds} rounds, {intervals} intervals, none of which overlaps another");
            println!("{} processes have ended themselves before their lease did", self.aborted);
            println!("writes with a check of the fence: {}, stale: {}", fenced.0, fenced.1);
            println!("writes without: {}, stale: {}", unfenced.0, unfenced.1);
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
        if fenced.1 > 0 {
            return Err("a stale write was accepted".into());
        }
        if fenced.0 == 0 || unfenced.0 == 0 {
            return Err("nothing was written".into());
        }
        let kill = self.times.get(&Fault::Kill).and_then(|times| times.last());
        let limit = TTL + RENEW + Duration::from_secs(1);
        match kill {
            Some(longest) if *longest > limit => Err("a hand-over took too long".into()),
            _ => Ok(()),
        }
    }
}

async fn client(server: &Server) -> StepResult<Client> {
    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
