//! Workers that are added together have a value each.

use supervisor::Pool;
use supervisor::prelude::*;

#[derive(Child)]
struct Session {
    number: u32,
}

impl Worker for Session {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.number > 0);
        Ok(())
    }
}

async fn add(pool: Pool<Session>) {
    let _ = pool.add_workers(3).await;
    let _ = pool.add_workers((0..3).map(|number| Session { number })).await;
}

fn main() {}
