//! A supervisor with a lease declares children.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        cron: Always,
        jobs: one_for_one(lease = "jobs") with leases {},
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
