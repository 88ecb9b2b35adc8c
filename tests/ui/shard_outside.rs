//! The children in a shard alone have its number.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        jobs: one_for_one(lease = "jobs", shards = 64) with leases {
            work: Always = move |ctx| work(ctx, shard),
        },
        billing: one_for_one(lease = "billing") with leases {
            work: Always = move |ctx| work(ctx, shard),
        },
        front: Always = move |ctx| work(ctx, shard),
    }
}

async fn work(_ctx: Context, _shard: usize) -> ChildResult {
    Ok(())
}

fn main() {}
