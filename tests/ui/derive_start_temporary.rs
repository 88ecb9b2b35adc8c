//! A derive with the policy `Temporary` has no `start = retry`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, start = retry)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
