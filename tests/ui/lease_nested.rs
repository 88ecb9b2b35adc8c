//! No supervisor with a lease is below another one: in the tree, and in a tree that is a child.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing") with leases {
            day: one_for_one {
                reports: one_for_one(lease = "reports") with leases {
                    cron: Always,
                },
            },
        },
    }
}

supervision_tree! {
    pub Reporting(leases: MemoryReplica): one_for_one {
        reports: one_for_one(lease = "reports") with leases {
            cron: Always,
        },
    }
}

supervision_tree! {
    pub Outer(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing") with leases {
            reporting: Reporting = Reporting::tree(leases.clone()),
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
