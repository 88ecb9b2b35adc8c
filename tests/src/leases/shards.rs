//! Shards of several replicas, in this process.

use std::time::{Duration, Instant};

use supervisor::lease::{Leases, Singleton};
use supervisor::prelude::*;
use tokio::sync::watch;

use super::{StepResult, until};

const MILLISECOND: Duration = Duration::from_millis(1);
const SHARDS: usize = 64;

/// A replica, and the number of the shards that it runs.
struct Replica(Supervisor, watch::Receiver<usize>);

async fn replica<L: Leases>(leases: L) -> StepResult<Replica> {
    let (running, runs) = watch::channel(0);
    let jobs = Singleton::new("jobs", leases)
        .with_ttl(Duration::from_secs(4))
        .with_renew(Duration::from_millis(800));
    let jobs = jobs.build_shards(SHARDS, |_shard, _fence| {
        let running = running.clone();
        let job = move |ctx: Context| {
            let running = running.clone();
            async move {
                running.send_modify(|running| *running += 1);
                ctx.shutdown_requested().await;
                running.send_modify(|running| *running -= 1);
                Ok(())
            }
        };
        Supervisor::new()
            .with_child(ChildSpec::new("job").with_task(job).with_shutdown(50 * MILLISECOND))
            .with_kill_grace(50 * MILLISECOND)
    });
    jobs.start().await?;
    Ok(Replica(jobs, runs))
}

/// Waits until each shard runs, and all replicas have an even share.
async fn evenly(replicas: &[Replica]) -> StepResult<Duration> {
    let begun = Instant::now();
    let fair = SHARDS / replicas.len();
    until("an even share", || {
        let mut counts = replicas.iter().map(|Replica(_, runs)| *runs.borrow());
        let sum: usize = counts.clone().sum();
        sum == SHARDS && counts.all(|runs| (fair..=fair + 1).contains(&runs))
    })
    .await?;
    Ok(begun.elapsed())
}

/// Checks that 64 shards are shared evenly while replicas join and leave. Each replica gets an engine of
/// its own.
///
/// # Errors
///
/// If they are not within twenty seconds.
pub async fn shards_are_shared_evenly<L: Leases>(engine: impl Fn() -> StepResult<L>) -> StepResult {
    let mut replicas = vec![replica(engine()?).await?];
    for round in 0..3 {
        replicas.push(replica(engine()?).await?);
        evenly(&replicas).await?;
        let Replica(leaving, _) = replicas.remove(round % 2);
        leaving.shutdown().await?;
        let took = evenly(&replicas).await?;
        println!("{SHARDS} shards, a replica leaves {} others: {took:?}", replicas.len());
        replicas.push(replica(engine()?).await?);
        evenly(&replicas).await?;
    }
    for Replica(root, _) in replicas {
        root.shutdown().await?;
    }
    Ok(())
}
