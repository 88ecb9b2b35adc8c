//! A derive with the policy `Temporary` has no `max_restarts`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, max_restarts = 5)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
