//! The type of a message is as visible as the type of its child.

use supervisor::prelude::*;

#[derive(Child)]
#[child(message = Query)]
pub struct Database;

struct Query;

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

fn main() {}
