//! Only the children that a lease guards use its fence.

use supervisor::lease::Fence;
use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing") with leases {
            cron: Always = move |ctx| cron(ctx, fence.clone()),
        },
        mails: Always = move |ctx| cron(ctx, fence.clone()),
    }
}

async fn cron(_ctx: Context, _fence: Fence) -> ChildResult {
    Ok(())
}

fn main() {}
