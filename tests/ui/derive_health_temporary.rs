//! A derive with the policy `Temporary` does not have `health = required`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, health = required)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
