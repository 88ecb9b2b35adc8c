//! A value that only the running program knows stands where no constant needs it.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop(limit: u64): one_for_one(shutdown_within = runtime(Duration::from_secs(limit))) {
        worker: Always,
    }
}

supervision_tree! {
    pub Mall(time: Duration): one_for_one(shutdown_within = 30s) {
        worker: Always,
        sub: one_for_one {
            reader: Reader(shutdown = runtime(time)),
        },
    }
}

supervision_tree! {
    pub Arcade(time: Duration): one_for_one(drain = runtime(time), shutdown_within = 30s) {
        worker: Always,
    }
}

#[derive(Child, Default)]
#[child(shutdown = runtime(time()))]
struct Reader;

impl Worker for Reader {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

use std::time::Duration;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
