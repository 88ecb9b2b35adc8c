//! Tests leases in a table of a real PostgreSQL.
//!
//! With `POSTGRES=required`, it is a failure that PostgreSQL is not installed.

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

use std::time::{Duration, Instant};

use supervisor::testing::check_leases;
use supervisor_postgres::{CheckFence, FenceError, PgLeases, check_statement, schema};
use supervisor_postgres_tests::fence::a_checked_fence_keeps_the_lease_until_the_commit;
use supervisor_postgres_tests::server::{Server, StepResult, connect, with_server};
use supervisor_tests::leases::{
    Replica, a_graceful_shutdown_hands_over_at_once, contains, shards_are_shared_evenly, until,
};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, Config};

const MILLISECOND: Duration = Duration::from_millis(1);

/// The times of the leases here.
const TTL: Duration = Duration::from_millis(1_500);
const RENEW: Duration = Duration::from_millis(300);

fn main() -> StepResult {
    with_server(env!("CARGO_TARGET_TMPDIR"), Duration::from_secs(120), async |server: &Server| {
        server.start()?;
        let admin = connect(&server.url()).await?;
        no_table_is_said_in_words(server).await?;
        replicas_that_start_together_create_the_table(server, &admin).await?;
        who_may_not_create_the_table_is_told_what_helps(server, &admin).await?;
        PgLeases::new(server.url().parse()?).create_table().await?;
        // It exists, and that is no error.
        PgLeases::new(server.url().parse()?).create_table().await?;
        errors_say_what_is_wrong_and_what_helps(server, &admin).await?;
        the_contract_is_kept(server).await?;
        fences_grow_also_when_a_row_was_deleted(server, &admin).await?;
        a_graceful_shutdown_hands_over_at_once(|| leases(server), TTL, RENEW).await?;
        without_listen_a_hand_over_takes_up_to_renew(server).await?;
        shards_are_shared_evenly(|| leases(server)).await?;
        let mut client = connect(&server.url()).await?;
        a_checked_fence_keeps_the_lease_until_the_commit(
            || leases(server),
            &mut client,
            TTL,
            RENEW,
        )
        .await?;
        a_stale_fence_is_refused(server).await?;
        a_connection_that_has_gone_silent_is_replaced(server).await?;
        a_silent_host_is_passed_over(server).await?;
        nobody_runs_while_the_engine_is_away(server).await?;
        no_acquisition_is_lost_in_a_crash_of_the_server(server).await
    })
}

async fn replica(leases: PgLeases, lease: &str) -> StepResult<Replica> {
    Replica::start(leases, lease, TTL, RENEW).await
}

fn leases(server: &Server) -> StepResult<PgLeases> {
    Ok(PgLeases::new(server.url().parse()?))
}

/// Returns the error of an engine with these settings.
async fn error_of(config: Config) -> StepResult<String> {
    match check_leases(&PgLeases::new(config), "errors", TTL).await {
        Ok(()) => Err("it is no error".into()),
        Err(error) => Ok(error.to_string()),
    }
}

async fn no_table_is_said_in_words(server: &Server) -> StepResult {
    let error = error_of(server.url().parse()?).await?;
    contains(&error, &["`postgres` at 127.0.0.1:", "no table `supervisor_leases`", "create_table"]);
    Ok(())
}

/// They find an empty database, and each creates the table before it starts its tree.
async fn replicas_that_start_together_create_the_table(
    server: &Server,
    admin: &Client,
) -> StepResult {
    let replicas: Vec<_> = (0..8).map(|_| leases(server)).collect::<StepResult<_>>()?;
    let migration = connect(&server.url()).await?;
    for round in 0..30 {
        let mut started = tokio::task::JoinSet::new();
        for leases in replicas.clone() {
            started.spawn(async move { leases.create_table().await });
        }
        // A migration knows nothing of the others, and is what may fail.
        let _ = migration.batch_execute(schema()).await;
        while let Some(created) = started.join_next().await {
            created?.map_err(|error| format!("round {round}: {error}"))?;
        }
        admin.batch_execute("DROP TABLE supervisor_leases").await?;
    }
    Ok(())
}

async fn who_may_not_create_the_table_is_told_what_helps(
    server: &Server,
    admin: &Client,
) -> StepResult {
    let setup = "CREATE ROLE guest LOGIN; CREATE SCHEMA hall; GRANT USAGE ON SCHEMA hall TO guest; \
                 CREATE DATABASE closed";
    for statement in setup.split("; ") {
        admin.batch_execute(statement).await?;
    }
    let config = |user: &str| -> StepResult<Config> {
        let mut config: Config = server.url().parse()?;
        Ok(config.user(user).options("-c search_path=hall").clone())
    };
    let guest = PgLeases::new(config("guest")?);
    let error = guest.create_table().await.expect_err("it may not").to_string();
    let grant = "GRANT SELECT, INSERT, UPDATE ON supervisor_leases TO guest";
    contains(&error, &["`guest` may not create", "owner of the schema", grant, "for schema hall"]);
    // The advice is enough, and then the same call is no error.
    PgLeases::new(config("postgres")?).create_table().await?;
    admin.batch_execute(&grant.replace("ON ", "ON hall.")).await?;
    guest.create_table().await?;
    check_leases(&guest, "guest", TTL).await?;

    admin.batch_execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC").await?;
    let error = error_of(config("guest")?.dbname("closed").clone()).await?;
    contains(&error, &["`closed` at", "does not let `guest` in"]);
    assert!(!error.contains("GRANT SELECT"), "it would not help");
    Ok(())
}

async fn errors_say_what_is_wrong_and_what_helps(server: &Server, admin: &Client) -> StepResult {
    let config: Config = server.url().parse()?;
    admin.batch_execute("CREATE ROLE reader LOGIN").await?;
    let mut reader = config.clone();
    let error = error_of(reader.user("reader").clone()).await?;
    let grant = "GRANT SELECT, INSERT, UPDATE ON supervisor_leases TO reader";
    contains(&error, &["`reader` may not use", grant, "permission denied"]);
    // The advice is enough.
    admin.batch_execute(grant).await?;
    check_leases(&PgLeases::new(reader), "granted", TTL).await?;

    let table = "CREATE SCHEMA other; \
                 CREATE TABLE other.supervisor_leases (lease text PRIMARY KEY, owner text)";
    admin.batch_execute(table).await?;
    let mut other = config.clone();
    let error = error_of(other.options("-c search_path=other").clone()).await?;
    contains(&error, &["has another form", "schema()", "holder"]);

    let mut read_only = config.clone();
    let error = error_of(read_only.options("-c default_transaction_read_only=on").clone()).await?;
    contains(&error, &["leases need the primary", "target_session_attrs=read-write"]);

    let mut missing = config.clone();
    contains(&error_of(missing.dbname("shop").clone()).await?, &["`shop` at", "does not exist"]);

    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let away: Config = format!("host=127.0.0.1 port={free} user=shop").parse()?;
    let place = format!("`shop` at 127.0.0.1:{free} cannot be reached");
    contains(&error_of(away).await?, &[&place, "refused"]);

    // Somebody listens, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let silent: Config =
        format!("host=127.0.0.1 port={} user=shop", silent.local_addr()?.port()).parse()?;
    let began = Instant::now();
    contains(&error_of(silent).await?, &["has not answered within 375ms"]);
    assert!(began.elapsed() < TTL, "{:?}", began.elapsed());
    Ok(())
}

async fn the_contract_is_kept(server: &Server) -> StepResult {
    let leases = leases(server)?;
    check_leases(&leases, "contract", Duration::from_millis(800)).await?;
    // Twice: fences go on.
    check_leases(&leases, "contract", Duration::from_millis(800)).await?;
    assert!(schema().contains("supervisor_leases"));
    Ok(())
}

async fn fences_grow_also_when_a_row_was_deleted(server: &Server, admin: &Client) -> StepResult {
    let one = replica(leases(server)?, "deleted").await?;
    one.takes_over().await?;
    let first = one.fence.number()?;
    admin.execute("DELETE FROM supervisor_leases WHERE lease = 'deleted'", &[]).await?;
    until("the loss", || !one.leads()).await?;
    one.takes_over().await?;
    assert!(one.fence.number()? > first);
    one.root.shutdown().await?;
    Ok(())
}

async fn without_listen_a_hand_over_takes_up_to_renew(server: &Server) -> StepResult {
    let one = replica(leases(server)?.with_listen(false), "pooled").await?;
    one.takes_over().await?;
    let other = replica(leases(server)?.with_listen(false), "pooled").await?;
    sleep(100 * MILLISECOND).await;
    one.root.shutdown().await?;
    let released = Instant::now();
    let took = other.takes_over().await?.saturating_duration_since(released);
    assert!(took < RENEW + 100 * MILLISECOND, "{took:?}");
    other.root.shutdown().await?;
    Ok(())
}

async fn a_stale_fence_is_refused(server: &Server) -> StepResult {
    let mut client = connect(&server.url()).await?;
    let one = replica(leases(server)?, "stale").await?;
    one.takes_over().await?;
    let stale = one.fence.number()?;
    // The lease is taken away, and this replica has not noticed yet.
    let take = "UPDATE supervisor_leases SET holder = 'another', fence = DEFAULT, \
                expires_at = clock_timestamp() + interval '1 hour' WHERE lease = 'stale'";
    client.execute(take, &[]).await?;
    let transaction = client.transaction().await?;
    let error = one.fence.check(&transaction).await.expect_err("it is stale");
    println!("{error}");
    assert!(
        matches!(&error, FenceError::Stale { number, found: Some(found), .. }
            if *number == stale && *found > stale),
        "{error:?}"
    );
    // Other clients find the same by the statement.
    let row = transaction.query_one(check_statement(), &[&"stale"]).await?;
    assert!(row.get::<_, i64>("fence").unsigned_abs() > stale && row.get::<_, bool>("held"));
    transaction.rollback().await?;
    until("the loss", || !one.leads()).await?;
    let transaction = client.transaction().await?;
    let error = one.fence.check(&transaction).await.expect_err("it is lost");
    assert!(matches!(error, FenceError::NoLease(_)), "{error:?}");
    drop(transaction);
    one.root.shutdown().await?;
    Ok(())
}

/// A proxy to the server. Its connections can go silent without being closed, as behind a firewall
/// that has dropped their state.
struct Way {
    port: u16,
    /// The number of times that the present connections have gone silent.
    silenced: watch::Sender<u32>,
}

impl Way {
    async fn to(server: &Server) -> StepResult<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (port, to) = (listener.local_addr()?.port(), server.port());
        let silenced = watch::Sender::new(0);
        let news = silenced.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut news = news.subscribe();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(("127.0.0.1", to)).await?;
                    tokio::select! {
                        ended = copy_bidirectional(&mut near, &mut far) => ended,
                        // Both stay open, and nothing passes any more.
                        _ = news.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Ok(Self { port, silenced })
    }
}

async fn a_connection_that_has_gone_silent_is_replaced(server: &Server) -> StepResult {
    let way = Way::to(server).await?;
    let mut config: Config = "host=127.0.0.1 user=postgres dbname=postgres".parse()?;
    let leases = PgLeases::new(config.port(way.port).clone());
    let ttl = Duration::from_secs(4);
    let one = Replica::start(leases, "silent", ttl, RENEW).await?;
    one.takes_over().await?;
    let fence = one.fence.number()?;
    way.silenced.send_modify(|times| *times += 1);
    // A request has no answer for a quarter of the lease, and the next one finds another connection.
    for _ in 0..2_000 {
        assert!(one.leads(), "the lease was lost");
        sleep(3 * MILLISECOND).await;
    }
    assert_eq!(one.fence.number()?, fence);
    one.root.shutdown().await?;
    Ok(())
}

/// The first of two hosts does not answer: its machine is off, or it hangs. The second is the primary.
async fn a_silent_host_is_passed_over(server: &Server) -> StepResult {
    // One accepts connections, and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    // The other does not even accept them: its queue is full.
    let full = TcpSocket::new_v4()?;
    full.bind("127.0.0.1:0".parse()?)?;
    let full = full.listen(1)?;
    let mut queue = Vec::new();
    let mut is_full = false;
    while !is_full {
        match timeout(100 * MILLISECOND, TcpStream::connect(full.local_addr()?)).await {
            Ok(queued) => queue.push(queued?),
            Err(_) => is_full = true,
        }
    }
    for (lease, silent) in [("mute", &mute), ("full", &full)] {
        let (silent, port) = (silent.local_addr()?.port(), server.port());
        let hosts = format!("host=127.0.0.1,127.0.0.1 port={silent},{port}");
        let config = format!("{hosts} user=postgres dbname=postgres").parse()?;
        let began = Instant::now();
        let one = Replica::start(PgLeases::new(config), lease, 4 * TTL, RENEW).await?;
        let took = one.takes_over().await?.saturating_duration_since(began);
        println!("a first host that is {lease} was passed over within {took:?}");
        one.root.shutdown().await?;
    }
    // A name may stand for several addresses: none of them gets all the time.
    let port = full.local_addr()?.port();
    let error = error_of(format!("host=127.0.0.1 port={port} user=shop").parse()?).await?;
    contains(&error, &["cannot be reached", "timed out"]);
    Ok(())
}

async fn nobody_runs_while_the_engine_is_away(server: &Server) -> StepResult {
    let one = replica(leases(server)?, "away").await?;
    one.takes_over().await?;
    let fence = one.fence.number()?;
    let other = replica(leases(server)?, "away").await?;
    tokio::task::block_in_place(|| server.stop())?;
    let stopped = Instant::now();
    let ended = until("the end of the children", || !one.leads()).await?;
    assert!(ended.saturating_duration_since(stopped) < TTL, "the lease may have ended by then");
    sleep(TTL).await;
    assert!(!one.leads() && !other.leads());
    for replica in [&one, &other] {
        let health = replica.root.health().await;
        assert!(health.live && health.ready && health.degraded, "{health}");
        contains(
            &health.to_string(),
            &["standby: no lease: the database `postgres` at 127.0.0.1:"],
        );
    }
    tokio::task::block_in_place(|| server.start())?;
    let back = Instant::now();
    let leads = until("a leader", || one.leads() || other.leads()).await?;
    println!("a leader {:?} after the return of the engine", leads - back);
    assert!(leads.saturating_duration_since(back) < TTL);
    let leader = if one.leads() { &one } else { &other };
    assert!(leader.fence.number()? > fence);
    for replica in [&one, &other] {
        replica.root.shutdown().await?;
    }
    Ok(())
}

/// Tests a server whose settings let it lose the last commits in a crash.
async fn no_acquisition_is_lost_in_a_crash_of_the_server(server: &Server) -> StepResult {
    let admin = connect(&server.url()).await?;
    // The writer of the log sleeps for so long that nothing but a commit brings it to the disk.
    for setting in ["synchronous_commit = off", "wal_writer_delay = '10s'"] {
        admin.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await?;
    }
    tokio::task::block_in_place(|| server.stop().and_then(|()| server.start()))?;
    let admin = connect(&server.url()).await?;
    admin.batch_execute("CREATE TABLE canary ()").await?;
    let one = replica(leases(server)?, "crash").await?;
    one.takes_over().await?;
    let first = one.fence.number()?;
    // Something that the server may lose, and does.
    admin.batch_execute("INSERT INTO canary DEFAULT VALUES").await?;
    tokio::task::block_in_place(|| server.crash().and_then(|()| server.start()))?;
    let admin = connect(&server.url()).await?;
    let count = "SELECT count(*) FROM canary";
    let lost = admin.query_one(count, &[]).await?.get::<_, i64>(0) == 0;
    assert!(lost, "the server is not set up as this test needs it");
    let row = admin.query_one(check_statement(), &[&"crash"]).await?;
    assert_eq!(row.get::<_, i64>("fence").unsigned_abs(), first, "the acquisition was lost");
    assert!(row.get::<_, bool>("held"));
    timeout(Duration::from_secs(10), one.root.shutdown()).await??;
    Ok(())
}
