//! A worker's context has the message of its derive.

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
