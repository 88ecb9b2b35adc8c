//! A lease is renewed before it ends.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

const NEVER: Duration = Duration::ZERO;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", ttl = 30s, renew = 1m) with leases {
            cron: Always,
        },
        reports: one_for_one(lease = "reports", renew = 30s) with leases {
            cron: Always,
        },
        mails: one_for_one(lease = "mails", ttl = 5s) with leases {
            cron: Always,
        },
        busy: one_for_one(lease = "busy", renew = NEVER) with leases {
            cron: Always,
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
