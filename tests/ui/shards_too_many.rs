//! A lease has a shard, and no more of them than its engine can bear.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        none: one_for_one(lease = "none", shards = 0) with leases { work: Always },
        many: one_for_one(lease = "many", shards = 100_000) with leases { work: Always },
        no_constant: one_for_one(lease = "no constant", shards = NONE) with leases { work: Always },
        constant: one_for_one(lease = "constant", shards = MANY) with leases { work: Always },
        few: one_for_one(lease = "few", shards = FEW) with leases { work: Always },
    }
}

const NONE: usize = 0;
const MANY: usize = 100_000;
const FEW: usize = 64;

async fn work(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
