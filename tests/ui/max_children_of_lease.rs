//! A supervisor with a lease takes no children at run time, so it has no `max_children`.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        jobs: one_for_one(lease = "jobs", max_children = 100) with leases {
            cron: Always,
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
