//! A value is not below zero.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restarts = -1) {
        worker: Always(shutdown = -5s),
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
