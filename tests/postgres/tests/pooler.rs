//! Tests leases in a real PostgreSQL behind a PgBouncer in transaction mode: each statement may come from
//! another connection of the pooler.
//!
//! With `POSTGRES=required`, it is a failure that PostgreSQL or PgBouncer is not installed.

#![expect(clippy::doc_markdown, reason = "PostgreSQL and PgBouncer are names")]

use std::env;
use std::time::{Duration, Instant};

use supervisor::testing::check_leases;
use supervisor_postgres::PgLeases;
use supervisor_postgres_tests::fence::a_checked_fence_keeps_the_lease_until_the_commit;
use supervisor_postgres_tests::pooler::Pooler;
use supervisor_postgres_tests::server::{Server, StepResult, connect, with_server};
use supervisor_tests::leases::{Replica, contains, shards_are_shared_evenly, until};
use tokio::time::sleep;
use tokio_postgres::Config;

const MILLISECOND: Duration = Duration::from_millis(1);

/// The times of the leases here.
const TTL: Duration = Duration::from_millis(1_500);
const RENEW: Duration = Duration::from_millis(300);

/// The number of the pooler's connections to the server, fewer than clients.
const CONNECTIONS: usize = 3;

fn main() -> StepResult {
    with_server(env!("CARGO_TARGET_TMPDIR"), Duration::from_secs(120), async |server: &Server| {
        server.start()?;
        let Some(mut pooler) = tokio::task::block_in_place(|| Pooler::start(server, CONNECTIONS))?
        else {
            if env::var_os("POSTGRES").is_some_and(|value| value == "required") {
                return Err("PgBouncer is not installed".into());
            }
            println!("skipped: PgBouncer is not installed (`apt-get install pgbouncer`)");
            return Ok(());
        };
        replicas_that_start_together_create_the_table(&pooler).await?;
        the_contract_is_kept(&pooler).await?;
        for listens in [false, true] {
            a_hand_over_takes_up_to_renew(&pooler, listens).await?;
        }
        shards_are_shared_evenly(|| leases(&pooler)).await?;
        let mut client = connect(&pooler.url()).await?;
        a_checked_fence_keeps_the_lease_until_the_commit(
            || leases(&pooler),
            &mut client,
            TTL,
            RENEW,
        )
        .await?;
        start_parameters_are_refused_in_words(&pooler).await?;
        nobody_runs_while_the_pooler_has_no_connection_left(&pooler).await?;
        nobody_runs_while_the_pooler_is_away(&mut pooler).await
    })
}

/// Returns an engine as the documentation recommends it behind a pooler.
fn leases(pooler: &Pooler) -> StepResult<PgLeases> {
    Ok(PgLeases::new(pooler.url().parse()?).with_listen(false))
}

async fn replica(leases: PgLeases, lease: &str) -> StepResult<Replica> {
    Replica::start(leases, lease, TTL, RENEW).await
}

async fn replicas_that_start_together_create_the_table(pooler: &Pooler) -> StepResult {
    let admin = connect(&pooler.url()).await?;
    for round in 0..10 {
        let mut started = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let leases = leases(pooler)?;
            started.spawn(async move { leases.create_table().await });
        }
        while let Some(created) = started.join_next().await {
            created?.map_err(|error| format!("round {round}: {error}"))?;
        }
        admin.batch_execute("DROP TABLE supervisor_leases").await?;
    }
    leases(pooler)?.create_table().await?;
    Ok(())
}

/// Many replicas at once share the connections, and none of their requests fails.
async fn the_contract_is_kept(pooler: &Pooler) -> StepResult {
    let mut checks = tokio::task::JoinSet::new();
    for index in 0..4 * CONNECTIONS {
        // To listen is of no use, and does no harm.
        let leases = leases(pooler)?.with_listen(index % 2 == 0);
        let lease = format!("contract-{index:02}");
        checks.spawn(async move { check_leases(&leases, &lease, TTL).await });
    }
    while let Some(checked) = checks.join_next().await {
        checked?.map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn a_hand_over_takes_up_to_renew(pooler: &Pooler, listens: bool) -> StepResult {
    let start = async || {
        let leases = PgLeases::new(pooler.url().parse()?).with_listen(listens);
        replica(leases, "graceful").await
    };
    let mut times = Vec::new();
    let mut one = start().await?;
    one.takes_over().await?;
    for _ in 0..20 {
        let other = start().await?;
        sleep(100 * MILLISECOND).await;
        assert!(one.leads() && !other.leads());
        let fence = one.fence.number()?;
        assert!(one.root.shutdown().await?.is_clean());
        let released = Instant::now();
        times.push(other.takes_over().await?.saturating_duration_since(released));
        assert!(other.fence.number()? > fence);
        one = other;
    }
    one.root.shutdown().await?;
    times.sort_unstable();
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("hand-overs with `with_listen({listens})`: median {median:?}, longest {longest:?}");
    assert!(longest < RENEW + 200 * MILLISECOND, "{times:?}");
    Ok(())
}

/// A pooler does not know of settings that belong to a session.
async fn start_parameters_are_refused_in_words(pooler: &Pooler) -> StepResult {
    let mut config: Config = pooler.url().parse()?;
    let leases = PgLeases::new(config.options("-c search_path=other").clone());
    let error = check_leases(&leases, "options", TTL).await.expect_err("it is refused");
    contains(&error.to_string(), &["behind a pooler", "ALTER ROLE postgres SET", "options"]);
    Ok(())
}

/// Other clients of the database keep all connections of the pooler: requests wait in it.
async fn nobody_runs_while_the_pooler_has_no_connection_left(pooler: &Pooler) -> StepResult {
    let one = replica(leases(pooler)?, "crowded").await?;
    one.takes_over().await?;
    let fence = one.fence.number()?;
    let other = replica(leases(pooler)?, "crowded").await?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(connect(&pooler.url()).await?);
    }
    for client in &clients {
        client.batch_execute("BEGIN").await?;
    }
    let crowded = Instant::now();
    let ended = until("the end of the children", || !one.leads()).await?;
    assert!(ended.saturating_duration_since(crowded) < TTL, "the lease may have ended by then");
    sleep(2 * TTL).await;
    assert!(!one.leads() && !other.leads());
    let health = one.root.health().await.to_string();
    contains(&health, &["standby: no lease", "has not answered within 375ms"]);
    // None of the requests that have waited is carried out for a replica that has given them up.
    for client in &clients {
        client.batch_execute("ROLLBACK").await?;
    }
    let back = Instant::now();
    let leads = until("a leader", || one.leads() || other.leads()).await?;
    println!("a leader {:?} after the pooler has a connection again", leads - back);
    assert!(leads.saturating_duration_since(back) < 3 * RENEW);
    let leader = if one.leads() { &one } else { &other };
    assert!(leader.fence.number()? > fence);
    for replica in [&one, &other] {
        replica.root.shutdown().await?;
    }
    Ok(())
}

async fn nobody_runs_while_the_pooler_is_away(pooler: &mut Pooler) -> StepResult {
    let one = replica(leases(pooler)?, "away").await?;
    one.takes_over().await?;
    let fence = one.fence.number()?;
    // So short an outage is not noticed.
    tokio::task::block_in_place(|| pooler.kill().and_then(|()| pooler.run()))?;
    let restarted = Instant::now();
    while restarted.elapsed() < 2 * TTL {
        assert!(one.leads() && one.fence.number()? == fence, "the lease was lost");
        sleep(MILLISECOND).await;
    }
    tokio::task::block_in_place(|| pooler.kill())?;
    let killed = Instant::now();
    let ended = until("the end of the children", || !one.leads()).await?;
    assert!(ended.saturating_duration_since(killed) < TTL, "the lease may have ended by then");
    contains(&one.root.health().await.to_string(), &["no lease", "cannot be reached"]);
    tokio::task::block_in_place(|| pooler.run())?;
    let back = Instant::now();
    let took = one.takes_over().await?.saturating_duration_since(back);
    println!("a leader {took:?} after the return of the pooler");
    assert!(took < TTL && one.fence.number()? > fence, "{took:?}");
    one.root.shutdown().await?;
    Ok(())
}
