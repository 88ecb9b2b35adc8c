//! A count is a whole number.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restarts = 2.5) {
        pool: simple_one_for_one(max_children = "many") { worker: Temporary },
    }
}

#[derive(Child)]
#[child(mailbox = 5s)]
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
