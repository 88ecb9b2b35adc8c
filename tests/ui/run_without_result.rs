//! The `run` of a worker is async, and returns a `ChildResult`.

use supervisor::prelude::*;

#[derive(Child)]
struct Blocks;

impl Worker for Blocks {
    fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

#[derive(Child)]
struct Silent;

impl Worker for Silent {
    async fn run(&self, ctx: Context) {
        ctx.shutdown_requested().await;
    }
}

fn main() {}
