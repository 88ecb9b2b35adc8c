//! A value in the braces of shards is made once for each of them, and takes no parameter.

use supervisor::prelude::*;
use supervisor::testing::MemoryReplica;

#[derive(Child)]
pub struct Store {
    folder: String,
    config: Config,
}

impl Worker for Store {
    async fn run(&self, _ctx: Context) -> ChildResult {
        let _ = (&self.folder, &self.config);
        Ok(())
    }
}

pub struct Config;

supervision_tree! {
    pub Shop(leases: MemoryReplica, folder: String, config: Config): one_for_one {
        jobs: one_for_one(lease = "jobs", shards = 64) with leases {
            store: Store = Store { folder, config: Config },
            work: Always = move |ctx| work(ctx, folder.clone()),
        },
    }
}

async fn work(_ctx: Context, _folder: String) -> ChildResult {
    Ok(())
}

fn main() {}
