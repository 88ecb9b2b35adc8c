//! A child has `after` only under `order = by_use`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        db: Always = self::worker,
        web: Always(after = [db]) = self::worker,
        pool: simple_one_for_one { part: Temporary(after = [db]) = self::worker },
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
