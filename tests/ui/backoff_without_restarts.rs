//! A child with a backoff is restarted at all.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restarts = 0) {
        worker: Always(backoff = 1s),
        printer: Printer(backoff = 1s),
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
