//! Tests shards: many leases, which the replicas of a service share evenly.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use supervisor::lease::{Acquisition, Claim, LeaseClock, LeaseError, Leases, Renewal, Singleton};
use supervisor::messages::SendError;
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use supervisor_tests::within;
use tokio::time::{Instant, sleep};

const SHARDS: usize = 64;
const TTL: Duration = Duration::from_secs(30);
const RENEW: Duration = Duration::from_secs(5);
const MILLISECOND: Duration = Duration::from_millis(1);

/// The shards that run, in whichever replica.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    shards: BTreeSet<usize>,
    starts: usize,
    /// Those that ran twice at once.
    twice: Vec<usize>,
}

/// A shard that runs; it ends when this is dropped.
struct Run(Running, Running, usize);

impl Running {
    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self) -> usize {
        self.seen(|seen| {
            assert!(seen.twice.is_empty(), "these shards ran twice: {:?}", seen.twice);
            seen.shards.len()
        })
    }

    fn starts(&self) -> usize {
        self.seen(|seen| seen.starts)
    }

    fn begin(&self, shard: usize) {
        self.seen(|seen| {
            if !seen.shards.insert(shard) {
                seen.twice.push(shard);
            }
            seen.starts += 1;
        });
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        for running in [&self.0, &self.1] {
            running.seen(|seen| seen.shards.remove(&self.2));
        }
    }
}

struct Replica {
    root: Supervisor,
    leases: MemoryReplica,
    own: Running,
}

impl Replica {
    async fn start(leases: &MemoryLeases, all: &Running) -> Self {
        Self::start_with(leases, all, Duration::ZERO).await
    }

    /// Starts a replica whose children take this time to stop.
    async fn start_with(leases: &MemoryLeases, all: &Running, cleanup: Duration) -> Self {
        let (leases, own) = (leases.replica(), Running::default());
        let jobs = Singleton::new("jobs", leases.clone()).with_ttl(TTL).with_renew(RENEW);
        let jobs = jobs.build_shards(SHARDS, |shard, _fence| {
            let (all, own) = (all.clone(), own.clone());
            let job = move |ctx: Context| {
                let (all, own) = (all.clone(), own.clone());
                async move {
                    all.begin(shard);
                    own.begin(shard);
                    let _run = Run(all, own, shard);
                    ctx.shutdown_requested().await;
                    sleep(cleanup).await;
                    Ok(())
                }
            };
            Supervisor::new().with_child(ChildSpec::new("job").with_task(job))
        });
        let root =
            Supervisor::new().with_child(ChildSpec::new("jobs").with_supervisor(jobs)).build();
        within("the start, which waits for no lease", root.start()).await.unwrap();
        Self { root, leases, own }
    }

    async fn stop(self) {
        within("the shutdown", self.root.shutdown()).await.unwrap();
    }
}

/// Starts so many replicas, and waits until they have an even share.
async fn started(count: usize, leases: &MemoryLeases, all: &Running) -> Vec<Replica> {
    let mut replicas = Vec::new();
    for _ in 0..count {
        replicas.push(Replica::start(leases, all).await);
    }
    even(&replicas, all).await;
    replicas
}

/// Waits until each shard runs, and all replicas have an even share.
async fn even(replicas: &[Replica], all: &Running) -> Duration {
    let begun = Instant::now();
    within("an even share", async {
        loop {
            let fair = SHARDS / replicas.len();
            let is_even = |replica: &Replica| (fair..=fair + 1).contains(&replica.own.count());
            if all.count() == SHARDS && replicas.iter().all(is_even) {
                return begun.elapsed();
            }
            assert!(
                begun.elapsed() < 2 * TTL,
                "{:?}",
                replicas.iter().map(|r| r.own.count()).collect::<Vec<_>>()
            );
            sleep(MILLISECOND).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn shards_are_even_over_joins_and_leaves() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let mut replicas = started(3, &leases, &all).await;
    for round in 0..10 {
        let starts = all.starts();
        replicas.push(Replica::start(&leases, &all).await);
        let joined = even(&replicas, &all).await;
        assert!(joined <= RENEW + RENEW / 2, "round {round}: a join took {joined:?}");
        let moved = all.starts() - starts;
        assert!(moved <= SHARDS / 4 + 3, "round {round}: {moved} shards moved at a join");

        let leaving = replicas.remove(round % replicas.len());
        leaving.stop().await;
        let left = even(&replicas, &all).await;
        assert!(left <= 200 * MILLISECOND, "round {round}: a leave took {left:?}");
    }
    for replica in replicas {
        replica.stop().await;
    }
    assert_eq!(all.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_shards_of_a_crashed_replica_are_taken_over_within_the_lease() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let mut replicas = started(3, &leases, &all).await;
    // Nothing that it sends arrives any more, as after a crash; its children are stopped in time.
    let crashed = replicas.remove(1);
    crashed.leases.cut();
    let after = even(&replicas, &all).await;
    assert!(after <= TTL + RENEW, "{after:?}");
    assert_eq!(crashed.own.count(), 0);
    // It comes back.
    crashed.leases.mend();
    replicas.push(crashed);
    let after = even(&replicas, &all).await;
    assert!(after <= 2 * RENEW, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn shards_that_take_long_to_stop_move_when_they_have_ended() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let mut replicas = vec![Replica::start_with(&leases, &all, Duration::from_secs(3)).await];
    even(&replicas, &all).await;
    replicas.push(Replica::start_with(&leases, &all, Duration::from_secs(3)).await);
    let joined = even(&replicas, &all).await;
    assert!(joined >= Duration::from_secs(3) && joined <= RENEW + Duration::from_secs(5));
    // All of them stop at the same time.
    let begun = Instant::now();
    let one = replicas.remove(0);
    one.stop().await;
    assert!(begun.elapsed() <= Duration::from_secs(4), "{:?}", begun.elapsed());
    even(&replicas, &all).await;
}

#[tokio::test(start_paused = true)]
async fn while_the_engine_is_away_nothing_moves_until_the_leases_end() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let replicas = started(2, &leases, &all).await;
    let starts = all.starts();
    for replica in &replicas {
        replica.leases.cut();
    }
    sleep(2 * RENEW).await;
    assert_eq!((all.count(), all.starts()), (SHARDS, starts), "a short outage");
    let health = replicas[0].root.health().await;
    let reasons = format!("{health:?}");
    assert!(reasons.contains("the members are not known"), "{reasons}");
    sleep(TTL).await;
    assert_eq!(all.count(), 0, "a long one");
    for replica in &replicas {
        replica.leases.mend();
    }
    let after = even(&replicas, &all).await;
    assert!(after <= 2 * RENEW, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn lost_answers_leave_no_member_that_does_not_exist() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let one = Replica::start(&leases, &all).await;
    let replicas = [one];
    even(&replicas, &all).await;
    let [one] = replicas;
    one.leases.lose_answers();
    sleep(RENEW + MILLISECOND).await;
    one.leases.mend();
    let other = Replica::start(&leases, &all).await;
    let replicas = [one, other];
    even(&replicas, &all).await;
    assert!(leases.holder("jobs/member/0").is_some() && leases.holder("jobs/member/1").is_some());
    assert!(leases.holder("jobs/member/2").is_none());
    let [one, other] = replicas;
    one.stop().await;
    assert!(leases.holder("jobs/member/0").is_none(), "a replica that leaves is no member");
    other.stop().await;
    let held = (0..SHARDS).filter(|shard| leases.holder(&format!("jobs/{shard}")).is_some());
    assert_eq!(held.count(), 0, "all leases are released");
}

/// An engine that loses the answer to the first request for a place among the members.
struct Forgetful {
    leases: MemoryReplica,
    has_lost: AtomicBool,
}

impl Leases for Forgetful {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        let is_member = claim.lease().contains("/member/");
        let answer = self.leases.acquire(claim).await?;
        if is_member && !self.has_lost.swap(true, Ordering::SeqCst) {
            return Err("the answer was lost".into());
        }
        Ok(answer)
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        self.leases.renew(claim).await
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        self.leases.release(claim).await
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        self.leases.held(prefix).await
    }

    fn clock(&self) -> LeaseClock {
        self.leases.clock()
    }
}

#[tokio::test(start_paused = true)]
async fn a_membership_whose_answer_was_lost_is_not_asked_for_again() {
    let leases = MemoryLeases::new();
    let forgetful = Forgetful { leases: leases.replica(), has_lost: AtomicBool::new(false) };
    let jobs = Singleton::new("jobs", forgetful).build_shards(4, |_, _fence| {
        let job = ChildSpec::new("job").with_task(async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        });
        Supervisor::new().with_child(job)
    });
    within("the start", jobs.start()).await.unwrap();
    sleep(2 * RENEW).await;
    let is_held = |lease: &str| leases.holder(lease).is_some();
    assert!(is_held("jobs/member/0") && !is_held("jobs/member/1"), "it is one member");
    assert!((0..4).all(|shard| is_held(&format!("jobs/{shard}"))), "and has all shards");
    within("the shutdown", jobs.shutdown()).await.unwrap();
    assert!(!is_held("jobs/member/0"));
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_fails_does_not_affect_the_others() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let jobs = Singleton::new("jobs", leases.replica()).build_shards(3, |shard, _fence| {
        let all = all.clone();
        let job = move |ctx: Context| {
            let all = all.clone();
            async move {
                all.begin(shard);
                let _run = Run(all, Running::default(), shard);
                if shard == 1 && ctx.incarnation() <= 4 {
                    return Err("it fails".into());
                }
                ctx.shutdown_requested().await;
                Ok(())
            }
        };
        Supervisor::new().with_child(ChildSpec::new("job").with_task(job))
    });
    within("the start", jobs.start()).await.unwrap();
    within("all shards", async {
        while all.count() < 3 || all.starts() < 7 {
            sleep(MILLISECOND).await;
        }
    })
    .await;
    assert_eq!(all.starts(), 2 + 5, "each other one started once");
    within("the shutdown", jobs.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_address_of_a_shard_that_runs_elsewhere_answers_at_once() {
    let (leases, all) = (MemoryLeases::new(), Running::default());
    let one = Replica::start(&leases, &all).await;
    let replicas = [one];
    even(&replicas, &all).await;
    let mut addresses = Vec::new();
    let other = Singleton::new("jobs", leases.replica());
    let other = other.build_shards(SHARDS, |_shard, _fence| {
        let job = ChildSpec::new("job").with_task(async |mut ctx: Context| {
            while ctx.recv().await.is_some() {}
            Ok(())
        });
        addresses.push(job.handle());
        Supervisor::new().with_child(job)
    });
    within("the start", other.start()).await.unwrap();
    let refused = within("the answer", addresses[0].send(())).await.unwrap_err();
    assert!(matches!(refused, SendError::NotRunning(())), "{refused:?}");
    within("the shutdown", other.shutdown()).await.unwrap();
}

#[tokio::test]
async fn zero_shards_are_refused() {
    let none = Singleton::new("jobs", MemoryLeases::new().replica())
        .build_shards(0, |_shard, _fence| Supervisor::new());
    let error = within("the refusal", none.start()).await.unwrap_err();
    assert!(error.to_string().contains("`shards = 0` leaves nothing that runs"), "{error}");
}

#[tokio::test]
async fn shards_that_end_by_themselves_are_refused() {
    let ends =
        Singleton::new("jobs", MemoryLeases::new().replica()).build_shards(2, |_, _fence| {
            let job = ChildSpec::new("job").with_task(async |_: Context| Ok(()));
            let job = job.with_significant(true).with_restart_policy(RestartPolicy::Transient);
            Supervisor::new()
                .with_auto_shutdown(supervisor::AutoShutdown::AnySignificant)
                .with_child(job)
        });
    let error = within("the refusal", ends.start()).await.unwrap_err();
    assert!(error.to_string().contains("`auto_shutdown` has no meaning"), "{error}");
}
