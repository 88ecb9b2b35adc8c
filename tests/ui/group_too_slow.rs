//! A child of a group can exceed `max_restarts`, even if its siblings use their time to stop.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_all(restart_window = 10s) {
        worker: Always,
        printer: Printer(shutdown = 10s),
    }
}

supervision_tree! {
    pub Mall: one_for_one {
        first: rest_for_one(max_restarts = 1, restart_window = 7s) { slow: Slow, worker: Always },
        second: rest_for_one(max_restarts = 1, restart_window = 7s) { worker: Always, slow: Slow },
        default: one_for_all { worker: Always, slow: Slow },
        third: rest_for_one(max_restarts = 1, restart_window = 8s) { worker: Always, slow: Slow },
    }
}

#[derive(Child, Default)]
#[child(shutdown = 8s)]
struct Slow;

impl Worker for Slow {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

#[derive(Child, Default)]
struct Printer;

impl Worker for Printer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
