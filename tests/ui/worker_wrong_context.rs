//! The context in a worker's `run` has the message type of the derive.

use supervisor::prelude::*;

struct Query;

#[derive(Child)]
struct Database;

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

fn main() {}
