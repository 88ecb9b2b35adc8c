//! A supervisor with a lease says who grants it.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", ttl = 30s) {
            cron: Always,
        },
        reports: rest_for_one(lease = "reports") with {
            cron: Always,
        },
        mails: one_for_one(lease = "mails") {
            cron: Always,
        } with leases,
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
