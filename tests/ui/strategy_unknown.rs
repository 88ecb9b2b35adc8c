//! A strategy is one of `one_for_one`, `one_for_all`, `rest_for_one` and `simple_one_for_one`.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_al {
        sub: OneForOne { worker: Always },
        other: parallel { worker: Always },
        billing: singleton with leases { worker: Always },
        reports: Singleton(lease = "reports") with leases { worker: Always },
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
