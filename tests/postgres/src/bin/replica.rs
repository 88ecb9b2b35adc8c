//! One of the processes of the rounds of faults: `replica URL NAME`.
//!
//! Its child writes all the time while it holds the lease, with and without a check of the fence, and
//! prints when it begins and when it has ended, by the clock that goes on while the machine sleeps.

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use supervisor::lease::{Fence, LeaseClock, Singleton};
use supervisor::prelude::*;
use supervisor_postgres::{CheckFence, PgLeases};
use supervisor_postgres_tests::rounds::{LEASE, RENEW, TTL};
use tokio::time::sleep;
use tokio_postgres::{Config, NoTls};

type Trouble = Box<dyn Error + Send + Sync>;

const MILLISECOND: Duration = Duration::from_millis(1);

/// One run of the child.
struct Interval(u64);

impl Interval {
    fn begin(fence: u64) -> Self {
        println!("begin {fence} {}", LeaseClock::boottime().now().as_micros());
        Self(fence)
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        println!("end {} {}", self.0, LeaseClock::boottime().now().as_micros());
    }
}

async fn work(ctx: Context, database: Config, fence: Fence) -> ChildResult {
    let _interval = Interval::begin(fence.number()?);
    while !ctx.is_shutdown_requested() {
        let Err(trouble) = tokio::select! {
            written = write(&database, &fence) => written,
            () = ctx.shutdown_requested() => break,
        };
        // The server is away, which is no failure of this child, or the lease has been lost.
        drop(trouble);
        sleep(20 * MILLISECOND).await;
    }
    // Some cleanup, within its time.
    sleep(30 * MILLISECOND).await;
    Ok(())
}

/// Writes until the server is away.
async fn write(database: &Config, fence: &Fence) -> Result<Infallible, Trouble> {
    let (mut client, connection) = database.connect(NoTls).await?;
    tokio::spawn(connection);
    // Prepared, it is sent by the poll that has looked at the clock.
    let unfenced = client.prepare("INSERT INTO unfenced (fence) VALUES ($1)").await?;
    loop {
        // What only the lease protects: the process may be stopped after the look at the clock.
        let number = i64::try_from(fence.number()?)?;
        thread::sleep(4 * MILLISECOND);
        client.execute(&unfenced, &[&number]).await?;

        let transaction = client.transaction().await?;
        let number = i64::try_from(fence.check(&transaction).await?)?;
        transaction.execute("INSERT INTO fenced (fence) VALUES ($1)", &[&number]).await?;
        transaction.commit().await?;
        sleep(2 * MILLISECOND).await;
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Trouble> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, name] = &arguments[..] else { return Err("replica URL NAME".into()) };
    let database: Config = url.parse()?;
    let leases = PgLeases::new(database.clone()).with_replica(name);
    let singleton = Singleton::new(LEASE, leases).with_ttl(TTL).with_renew(RENEW).build(|fence| {
        let work = move |ctx| work(ctx, database.clone(), fence.clone());
        let work = ChildSpec::new("work").with_task(work).with_shutdown(100 * MILLISECOND);
        Supervisor::new().with_kill_grace(100 * MILLISECOND).with_child(work)
    });
    let tree = Supervisor::new()
        .with_child(ChildSpec::new("singleton").with_supervisor(singleton))
        .build();
    Ok(supervisor::run(tree).await)
}
