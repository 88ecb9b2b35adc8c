//! One of the processes of the rounds of faults: `replica URL NAME`.
//!
//! Its child writes with and without a check of the fence.

use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use supervisor::lease::Fence;
use supervisor_postgres::{CheckFence, PgLeases};
use supervisor_tests::leases::rounds::{Trouble, work};
use tokio::time::sleep;
use tokio_postgres::{Config, NoTls};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Writes until the server is away.
async fn write(database: Config, fence: Fence) -> Result<Infallible, Trouble> {
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
    Ok(work(leases, move |fence| write(database.clone(), fence)).await)
}
