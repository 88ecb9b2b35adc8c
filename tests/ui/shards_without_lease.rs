//! What is divided into shards is a lease.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        jobs: one_for_one(shards = 64) {
            work: Always,
        },
        pool: simple_one_for_one(shards = 64) {
            work: Always,
        },
    }
}

async fn work(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
