//! An option stands where it has a meaning.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(restart = Transient) {
        worker: Transient(restart_window = 5s, restart = Always),
        db: Database(message = u8),
        sub: one_for_one(shutdown_within = 5s, start = notify) { worker: Always },
        parts: one_for_all(partitions = 8, every = 5s) { worker: Always(partitions = 8) },
        other: Database(every = 30s),
    }
}

supervision_tree! {
    pub Leased: one_for_one(lease = "billing", ttl = 30s) {
        worker: Always(lease = "billing", renew = 5s),
        db: Database(lease = "billing"),
        pool: simple_one_for_one(lease = "billing") { worker: Temporary },
        other: Always(ttl = 30s) = self::worker,
    }
}

#[derive(Child, Default)]
#[child(restart_window = 5s)]
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
