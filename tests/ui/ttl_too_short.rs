//! A lease outlives the worst-case stop of what it guards.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

const TTL: Duration = Duration::from_secs(16);

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", ttl = 20s, renew = 4s) with leases {
            cron: Always(shutdown = 12s),
            ledger: Ledger,
        },
        reports: one_for_all(lease = "reports", ttl = TTL, kill_grace = 2s) with leases {
            ledger: Ledger,
        },
        mails: one_for_one(lease = "mails") with leases {
            cron: Always(shutdown = 30s),
        },
        jobs: one_for_one(lease = "jobs", shards = 64, ttl = 20s) with leases {
            cron: Always(shutdown = 15s),
        },
        limited: one_for_one(lease = "limited", ttl = 15s, shutdown = 10s) with leases {
            cron: Always(shutdown = infinity),
        },
        killed: one_for_one(lease = "killed", ttl = 6s, shutdown = brutal_kill) with leases {
            cron: Always,
        },
    }
}

supervision_tree! {
    pub ByUse(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", ttl = 20s, order = by_use) with leases {
            ledger: Ledger,
            cron: Always(after = [ledger], shutdown = 10s),
            other: Always(shutdown = 3s) = self::cron,
        },
    }
}

async fn expression(leases: MemoryReplica) {
    let _ = supervision_tree! {
        one_for_one {
            billing: one_for_one(lease = "billing", ttl = 10s) with leases {
                cron: Always,
            },
        }
    };
}

#[derive(Child, Default)]
#[child(shutdown = 10s)]
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
