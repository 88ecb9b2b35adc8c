//! One of the processes of the rounds of faults: `etcd-replica ENDPOINTS NAME`.
//!
//! Its child writes with and without a condition on the fence. Each write creates a key below `fenced/` or
//! `unfenced/` whose value is the fence.

use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use etcd_client::{Client, TxnOp};
use supervisor::lease::{Fence, LeaseClock};
use supervisor_etcd::EtcdLeases;
use supervisor_tests::leases::rounds::{Trouble, work};
use tokio::time::{sleep, timeout};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Writes until the member is away.
async fn write(
    leases: EtcdLeases,
    endpoints: Vec<String>,
    fence: Fence,
) -> Result<Infallible, Trouble> {
    let client = Client::connect(&endpoints, None).await?;
    loop {
        // No number is used twice, by any process.
        let written = format!("{}-{}", LeaseClock::boottime().now().as_nanos(), std::process::id());
        // What only the lease protects: the process may be stopped after the look at the clock.
        let number = fence.number()?.to_string();
        thread::sleep(4 * MILLISECOND);
        let unfenced = format!("unfenced/{written}");
        timeout(500 * MILLISECOND, client.kv_client().put(unfenced, number, None)).await??;

        let number = fence.number()?.to_string();
        let operation = TxnOp::put(format!("fenced/{written}"), number, None);
        timeout(500 * MILLISECOND, leases.fenced_txn(&client, &fence, [operation])).await??;
        sleep(2 * MILLISECOND).await;
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Trouble> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [endpoints, name] = &arguments[..] else {
        return Err("etcd-replica ENDPOINTS NAME".into());
    };
    let endpoints: Vec<String> = endpoints.split(',').map(str::to_owned).collect();
    let leases = EtcdLeases::new(endpoints.clone()).with_replica(name);
    let fenced = leases.clone();
    Ok(work(leases, move |fence| write(fenced.clone(), endpoints.clone(), fence)).await)
}
