//! The times of a lease belong to a lease.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(ttl = 30s, renew = 5s) {
            cron: Always,
        },
        reports: one_for_one(renew = 5s) {
            cron: Always,
        },
        mails: one_for_one(overrun = report) {
            cron: Always,
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
