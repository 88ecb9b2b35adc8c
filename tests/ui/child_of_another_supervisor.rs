//! The handle of a tree has an accessor for each of its own children.

use supervisor::prelude::*;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    pub Shop: one_for_one {
        first: Always = worker,
        storage: one_for_one { db: Always = worker },
        sessions: simple_one_for_one { session: Temporary = worker },
    }
}

async fn use_it(shop: Shop) {
    let _ = shop.db().restart().await;
    let _ = shop.sesions().add_worker().await;
    let _ = shop.storage().db().restart().await;
}

fn main() {}
