//! The shutdown budget of a tree is at most its `shutdown_within`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(shutdown_within = 12s) {
        a: Always,
        db: Database,
    }
}

supervision_tree! {
    pub Many: one_for_one(shutdown_within = 20s) {
        a: Always,
        b: Always(shutdown = 1s) = self::a,
        c: Always(shutdown = brutal_kill) = self::a,
        db: Database,
        sub: one_for_one { first: Always(shutdown = 2.5s) = self::a, second: Always = self::a },
        parts: simple_one_for_one(partitions = 4) { part: Always = self::a },
        d: Always(shutdown = 250ms) = self::a,
        e: Always(shutdown = 100ms) = self::a,
    }
}

supervision_tree! {
    pub ByUse: one_for_one(order = by_use, shutdown_within = 15s) {
        db: Database,
        cache: Database,
        mailer: Always = { let _ = db.clone(); self::a },
        web: Always = { let _ = mailer.clone(); self::a },
    }
}

supervision_tree! {
    pub Short: one_for_one(order = by_use, shutdown_within = 3s) {
        left: Database,
        right: Database,
        both: Always(after = [left, right]) = self::a,
    }
}

supervision_tree! {
    pub Endless: one_for_one(shutdown_within = 30s) {
        a: Always(shutdown = infinity),
    }
}

supervision_tree! {
    pub Drained: one_for_one(drain = 5s, shutdown_within = 18s) {
        a: Always,
        db: Database,
    }
}

supervision_tree! {
    pub DrainedByUse: one_for_one(order = by_use, drain = 5s, shutdown_within = 18s) {
        db: Database,
        a: Always(after = [db]),
    }
}

#[derive(Child, Default)]
#[child(shutdown = 10s)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
