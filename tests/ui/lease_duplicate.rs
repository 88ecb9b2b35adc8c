//! A tree asks for each lease once.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica, others: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing") with leases {
            cron: Always,
        },
        reports: one_for_one {
            late: one_for_one(lease = "billing") with leases {
                cron: Always,
            },
            elsewhere: one_for_one(lease = "billing") with others {
                cron: Always,
            },
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
