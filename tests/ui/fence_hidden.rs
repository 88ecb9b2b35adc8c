//! No child below a lease has the name of the fence.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing") with leases {
            fence: Always = cron,
            day: one_for_one {
                fence: Always = cron,
            },
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
