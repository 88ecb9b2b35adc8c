//! Each child that a lease guards ends in a time that is known.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", ttl = 30s) with leases {
            day: one_for_one {
                cron: Always(shutdown = infinity),
            },
        },
        reports: one_for_one(lease = "reports") with leases {
            ledger: Ledger,
        },
    }
}

#[derive(Child, Default)]
#[child(shutdown = infinity)]
struct Ledger;

impl Worker for Ledger {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
