//! A tree stops within its `shutdown_within`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(shutdown_within = 12s) {
        a: Always,
        db: Database,
    }
}

supervision_tree! {
    pub Endless: one_for_one(shutdown_within = 30s) {
        a: Always(shutdown = infinity),
    }
}

#[derive(Child, Default)]
#[child(shutdown = 10s)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
