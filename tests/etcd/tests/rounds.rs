//! Rounds of faults over leases in a real etcd of three members (`supervisor_tests::leases::rounds`).
//!
//! With `ETCD=required`, it is a failure that etcd is not installed.

use std::thread;
use std::time::Duration;

use etcd_client::{Client, GetOptions, SortOrder, SortTarget};
use supervisor_etcd_tests::{Cluster, with_cluster};
use supervisor_tests::leases::StepResult;
use supervisor_tests::leases::rounds::{self, Engine, Writes};

/// The number of rounds, unless the environment says another one.
const ROUNDS: u64 = 10;

/// The number of writes that are read at once.
const PAGE: i64 = 5_000;

fn main() -> StepResult {
    let limit = rounds::limit(ROUNDS)?;
    with_cluster(env!("CARGO_TARGET_TMPDIR"), 3, limit, async |cluster: Cluster| {
        rounds::run(Etcd(cluster), env!("CARGO_BIN_EXE_etcd-replica"), ROUNDS).await
    })
}

struct Etcd(Cluster);

impl Engine for Etcd {
    // The member that leads may have been killed in the round before. Its successor is elected within two
    // seconds, and lets leases last for their whole time again, and a second longer.
    const LATE: Duration = Duration::from_secs(5);

    fn address(&self) -> String {
        self.0.endpoints().join(",")
    }

    fn restart(&mut self, random: &mut fastrand::Rng) -> StepResult {
        let member = random.usize(0..self.0.size());
        if random.bool() {
            self.0.kill_member(member)?;
            return self.0.start_member(member);
        }
        // Not for so long that another one is elected: see the versions in the documentation of the package.
        self.0.pause_member(member)?;
        thread::sleep(Duration::from_millis(random.u64(100..800)));
        self.0.resume_member(member)
    }

    fn crash(&mut self) -> StepResult {
        self.0.kill_all()
    }

    fn start(&mut self) -> StepResult {
        self.0.start_all()
    }

    async fn writes(&self) -> StepResult<(Writes, Writes)> {
        let client = self.0.client(0).await?;
        Ok((written(&client, "fenced/").await?, written(&client, "unfenced/").await?))
    }
}

/// Goes through the writes in their order.
async fn written(client: &Client, below: &str) -> StepResult<Writes> {
    let (mut writes, mut highest, mut after) = (Writes { count: 0, stale: 0 }, 0, 0);
    loop {
        let page = GetOptions::new()
            .with_prefix()
            .with_min_create_revision(after + 1)
            .with_sort(SortTarget::Create, SortOrder::Ascend)
            .with_limit(PAGE);
        let page = client.kv_client().get(below, Some(page)).await?;
        for write in page.kvs() {
            let fence: u64 = write.value_str()?.parse()?;
            writes.count += 1;
            writes.stale += u64::from(fence < highest);
            highest = highest.max(fence);
            after = write.create_revision();
        }
        if !page.more() {
            return Ok(writes);
        }
    }
}
