//! A count is a whole number, and the name of a lease a string.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one(max_restarts = 2.5) {
        billing: one_for_one(lease = billing) with leases { worker: Always },
        reports: one_for_one(lease = 5) with leases { worker: Always },
        mails: one_for_one(lease = "mails" with leases, ttl = 30s) { worker: Always },
        pool: simple_one_for_one(max_children = "many") { worker: Temporary },
    }
}

#[derive(Child)]
#[child(mailbox = 5s)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
