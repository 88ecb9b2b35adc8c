//! A backoff is fast enough for failures to escalate: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one(max_restarts = 5, restart_window = 10s) {
        a: Always(backoff = 1s..30s),
    }
}

supervision_tree! {
    pub There: one_for_one(max_restarts = 5, restart_window = 10s) {
        a: Worked,
    }
}

#[derive(Child, Default)]
#[child(backoff = 1s..30s)]
struct Worked;

impl Worker for Worked {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
