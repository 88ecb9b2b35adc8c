//! A type that implements `Worker` derives `Child`.

use supervisor::prelude::*;

struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
