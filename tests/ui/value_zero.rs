//! A value is not zero where zero has no meaning, or where a word exists for it.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

supervision_tree! {
    pub Shop(leases: MemoryReplica): one_for_one(restart_window = 0s) {
        a: Always(shutdown = 0s),
        b: Always(backoff = 0ms..5s, heartbeat = 0s),
        pool: simple_one_for_one(max_children = 0) { worker: Temporary },
        parts: simple_one_for_one(partitions = 0) { worker: Always },
        job: Always(every = 0s),
        billing: one_for_one(lease = "", ttl = 0s) with leases { a: Always },
    }
}

#[derive(Child)]
#[child(mailbox = 0)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn b(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn job() -> ChildResult {
    Ok(())
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
