//! `after` names siblings.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(order = by_use) {
        database: Always = self::worker,
        web: Always(after = [databse]) = self::worker,
        own: Always(after = [own]) = self::worker,
        sub: one_for_one(order = by_use) { inner: Always(after = [database]) = self::worker },
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
