//! A value names a sibling by its variable, not by the accessor of the tree's handle.

use supervisor::prelude::*;

#[derive(Child, Default)]
#[child(message = u32)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context<u32>) -> ChildResult {
        Ok(())
    }
}

#[derive(Child)]
struct Front {
    db: ChildRef<u32>,
}

impl Worker for Front {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(self.db.send(1).await?)
    }
}

#[derive(Child)]
struct Whole {
    shop: Shop,
}

impl Worker for Whole {
    async fn run(&self, _ctx: Context) -> ChildResult {
        let _ = self.shop.db();
        Ok(())
    }
}

supervision_tree! {
    pub Shop: one_for_one {
        db: Database,
        by_type: Front = Front { db: Shop::db() },
        by_variable: Front = Front { db: shop.db().clone() },
        by_tree: Whole = Whole { shop: Shop },
        right: Front = Front { db },
    }
}

fn main() {
    let _ = Shop::tree();
}
