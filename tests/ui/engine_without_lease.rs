//! An engine of leases stands behind the lease that it grants.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_all with leases {
            cron: Always,
        },
        reports: one_for_one(max_restarts = 5) with leases {
            cron: Always,
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
