//! The maximum of a backoff is not below its minimum.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always(backoff = 30s..100ms),
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
