//! The type of a child without a value implements `Default`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        db: Database,
    }
}

#[derive(Child)]
struct Database(u8);

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
