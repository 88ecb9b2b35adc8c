//! The type of a child's messages is an option of `#[child(…)]`, and no attribute.

use supervisor::prelude::*;

enum Query {
    Get(Reply<u8>),
}

#[derive(Child)]
#[message(Query)]
struct Database;

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while let Some(Query::Get(reply)) = ctx.recv().await {
            let _ = reply.send(1);
        }
        Ok(())
    }
}

fn main() {}
