//! An option is given once.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always(shutdown = 5s, backoff = 1s, shutdown = 10s),
    }
}

#[derive(Child)]
#[child(restart = Transient)]
#[child(restart = Temporary)]
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
