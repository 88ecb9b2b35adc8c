//! Shards do not end by themselves.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        jobs: one_for_one(lease = "jobs", shards = 64, restart = Transient, auto_shutdown = any_significant)
            with leases
        {
            work: Transient(significant),
        },
    }
}

async fn work(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
