//! Runs the tree of the guide's page `dependency_away` against a real PostgreSQL, which is away at
//! boot, and is stopped under load and started again.
//!
//! `POSTGRES_OUTAGE=60` makes the outage last for a minute. With `POSTGRES=required`, it is a
//! failure that PostgreSQL is not installed.

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs};

use supervisor::ChildRef;
use supervisor::health::Health;
use supervisor::info::ChildState;
use supervisor_postgres_tests::Shop;
use supervisor_postgres_tests::server::{Server, StepResult, connect, with_server};
use tokio::time::{sleep, timeout};

/// The time from the return of the database until the tree is ready: a second, and the longest
/// backoff of the tree.
const LIMIT: Duration = Duration::from_secs(2);

/// The time between two orders.
const PACE: Duration = Duration::from_millis(5);

fn main() -> StepResult {
    the_guide_shows_this_tree()?;
    let seconds = env::var("POSTGRES_OUTAGE").ok().map_or(Ok(3), |value| value.parse())?;
    let outage = Duration::from_secs(seconds);
    let limit = outage + Duration::from_secs(120);
    with_server(env!("CARGO_TARGET_TMPDIR"), limit, async |server: &Server| {
        survives(server, outage).await
    })
}

/// The observations of the tree's health.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(Instant, Health)>>>);

impl Seen {
    /// Waits for the next reading from `since` on that is ready, or not ready, and returns it with
    /// the time that it took.
    async fn ready(&self, ready: bool, since: Instant) -> StepResult<(Health, Duration)> {
        for _ in 0..3_000 {
            let found = {
                let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                seen.last().filter(|(_, health)| health.ready == ready).cloned()
            };
            if let Some((at, health)) = found {
                return Ok((health, at.saturating_duration_since(since)));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err(format!("waited in vain for a tree that is ready: {ready}").into())
    }

    fn all(&self) -> Vec<(Instant, Health)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn survives(server: &Server, outage: Duration) -> StepResult {
    // The server makes its tables once, and is away when the tree starts.
    server.start()?;
    let tables = "CREATE TABLE booked (number bigint PRIMARY KEY);
                  CREATE TABLE total (orders bigint NOT NULL);
                  INSERT INTO total VALUES (0)";
    connect(&server.url()).await?.batch_execute(tables).await?;
    server.stop()?;

    let began = Instant::now();
    let shop = Shop::start(&server.url()).await?;
    assert!(began.elapsed() < Duration::from_secs(1), "the start does not wait for the database");
    let seen = Seen::default();
    let mut changes = shop.supervisor().health_changes();
    let watch = tokio::spawn({
        let seen = seen.clone();
        async move {
            while let Some(health) = changes.next().await {
                println!("{:6.2} s  {health}", began.elapsed().as_secs_f32());
                let mut seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push((Instant::now(), health));
            }
        }
    });
    let load = tokio::spawn(send_orders(shop.orders().clone()));

    let (boot, _) = seen.ready(false, began).await?;
    assert_eq!(boot.reasons[0].path.to_string(), "db");
    sleep(Duration::from_millis(500)).await;
    let away = shop.supervisor().health().await;
    assert!(away.live && !away.ready && away.reasons[0].failures > 0, "{away}");
    assert!(away.to_string().contains("refused"), "the reason is the database's: {away}");

    start(server)?;
    let back = Instant::now();
    let (_, took) = seen.ready(true, back).await?;
    println!("ready {took:?} after the first start of the database");
    assert!(took < LIMIT, "{took:?}");
    sleep(Duration::from_secs(1)).await;

    stop(server)?;
    seen.ready(false, Instant::now()).await?;
    sleep(outage).await;
    let away = shop.supervisor().health().await;
    assert!(away.live && !away.ready, "{away}");
    start(server)?;
    let back = Instant::now();
    let (_, took) = seen.ready(true, back).await?;
    println!("ready {took:?} after the database is back from {outage:?}");
    assert!(took < LIMIT, "{took:?}");

    // The load ends, and the orders that wait are booked.
    sleep(Duration::from_secs(1)).await;
    load.abort();
    let sent = timeout(Duration::from_secs(60), all_booked(server, &shop)).await??;
    let snapshot = shop.supervisor().snapshot().await?;
    println!("{snapshot}\n{sent} orders, each booked once");
    assert!(seen.all().iter().all(|(_, health)| health.live), "it is live throughout");
    assert_eq!(shop.orders().incarnation(), 1, "the outage stops no sibling");
    shop.supervisor().shutdown().await?;
    timeout(Duration::from_secs(5), watch).await??;
    Ok(())
}

/// Sends orders at a steady pace, until this is aborted.
async fn send_orders(orders: ChildRef<i64>) {
    for number in 1.. {
        if orders.send(number).await.is_err() {
            return;
        }
        sleep(PACE).await;
    }
}

/// Waits until no order is left, and returns their number: each is booked, and counted once.
async fn all_booked(server: &Server, shop: &Shop) -> StepResult<i64> {
    let client = connect(&server.url()).await?;
    let mut before = -1;
    loop {
        let row = client
            .query_one("SELECT orders, count(number), coalesce(max(number), 0) FROM total LEFT JOIN booked ON true GROUP BY orders", &[])
            .await?;
        let (counted, booked, last): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!((counted, last), (booked, booked), "an order is booked twice, or never");
        if shop.orders().queued() == 0 && booked == before {
            assert_eq!(shop.db().status(), ChildState::Running);
            return Ok(booked);
        }
        before = booked;
        sleep(Duration::from_millis(500)).await;
    }
}

fn start(server: &Server) -> StepResult {
    tokio::task::block_in_place(|| server.start())
}

fn stop(server: &Server) -> StepResult {
    tokio::task::block_in_place(|| server.stop())
}

/// The code on the page is the code that runs here.
fn the_guide_shows_this_tree() -> StepResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = fs::read_to_string(root.join("src/lib.rs"))?;
    let (_, code) = code.split_once("from here on.\n").ok_or("the first marker")?;
    let (code, _) =
        code.split_once("// The guide shows the lines up to here.").ok_or("the second")?;
    let page = root.join("../../supervisor/src/guide/dependency_away.md");
    if fs::read_to_string(page)?.contains(code.trim()) {
        return Ok(());
    }
    Err("the guide's page `dependency_away` shows another tree than src/lib.rs".into())
}
