//! A value is a literal, a word or a constant, or is marked as one that only the running program
//! knows.

use supervisor::prelude::*;

use std::time::Duration;

supervision_tree! {
    pub Shop(count: usize, period: Duration): one_for_one(max_restarts = LIMIT + 1) {
        worker: Always(shutdown = Duration::from_secs(5)),
        parts: simple_one_for_one(partitions = count) { worker: Always },
        job: Always(every = period, shutdown = PERIOD),
        fine: simple_one_for_one(partitions = runtime(count)) { worker: Always },
        wrong: simple_one_for_one(partitions = LIMIT) { worker: Always },
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
