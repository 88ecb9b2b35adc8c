//! A value is a literal or a word, so that it is known when the tree is compiled.

use supervisor::prelude::*;

use std::time::Duration;

supervision_tree! {
    pub Shop: one_for_one(max_restarts = LIMIT + 1) {
        worker: Always(shutdown = Duration::from_secs(5)),
        parts: simple_one_for_one(partitions = LIMIT) { worker: Always },
        job: Always(every = PERIOD, shutdown = PERIOD),
    }
}

const PERIOD: Duration = Duration::from_secs(5);
const LIMIT: u32 = 3;

async fn job() -> ChildResult {
    Ok(())
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
