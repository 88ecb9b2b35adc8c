//! A derive with the policy `Temporary` has no `backoff`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, backoff = 1s..30s)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
