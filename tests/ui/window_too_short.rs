//! A `restart_window` is long enough for restarts to add up in it.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(restart_window = 5ms) {
        worker: Always,
        sub: one_for_one(max_restarts = 0, restart_window = 5ms) {},
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
