//! No child in a shard has the name of the shard's number.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        jobs: one_for_one(lease = "jobs", shards = 64) with leases {
            shard: Always = work,
            inner: one_for_one {
                shard: Always = work,
            },
        },
    }
}

async fn work(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
