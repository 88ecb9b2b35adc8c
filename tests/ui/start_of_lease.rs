//! A supervisor with a lease starts at once, on standby.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", start = retry) with leases {
            cron: Always,
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
