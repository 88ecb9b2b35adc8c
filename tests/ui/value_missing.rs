//! An option that is not a flag has a value.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restarts) {
        worker: Always(shutdown, backoff =, start),
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
