//! A derive with `significant` does not set the policy `Always`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Always, significant)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
