//! A duration has a unit.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(restart_window = 60) {
        worker: Always(backoff = 100..30s),
    }
}

#[derive(Child)]
#[child(shutdown = 5000)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
