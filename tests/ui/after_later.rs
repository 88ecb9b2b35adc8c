//! The siblings in `after` are declared before the child.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(order = by_use) {
        web: Always(after = [db]) = self::worker,
        db: Always = self::worker,
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
