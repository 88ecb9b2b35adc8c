//! A supervisor with `max_restarts = unlimited` has no `restart_window`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restarts = unlimited, restart_window = 60s) {
        worker: Always(backoff = 1s),
        sub: one_for_one(restart_window = WINDOW, max_restarts = unlimited, backoff = 1s) {},
    }
}

const WINDOW: std::time::Duration = std::time::Duration::from_secs(60);

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
