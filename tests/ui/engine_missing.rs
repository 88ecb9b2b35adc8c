//! The engine of a lease grants leases.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop(url: String): one_for_one {
        billing: one_for_one(lease = "billing") with url {
            cron: Always,
        },
        reports: one_for_one(lease = "reports") with "postgres" {
            cron: Always,
        },
    }
}

async fn cron(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
