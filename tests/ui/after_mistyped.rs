//! The siblings in `after` are names in brackets.

use supervisor::prelude::*;

supervision_tree! {
    pub Store: one_for_one(order = by_use) {
        db: Always = self::worker,
        web: Always(after = db) = self::worker,
    }
}

// Without the order, the option itself is the mistake.
supervision_tree! {
    pub Shop: one_for_one {
        db: Always = self::worker,
        web: Always(after = db) = self::worker,
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
