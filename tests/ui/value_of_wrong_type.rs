//! A child's value has the child's type.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        db: Database = "postgres",
    }
}

#[derive(Child)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
