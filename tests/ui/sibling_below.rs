//! A child of a nested supervisor is reached through that supervisor.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        storage: one_for_all {
            disks: one_for_one { cache: Database },
            db: Database,
        },
        pool: simple_one_for_one { session: Temporary<Database> },
        front: Front = Front(db.clone()),
        other: Front = Front(session.clone()),
        back: Always = move |ctx| run(ctx, cache.clone()),
    }
}

#[derive(Child, Default)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

#[derive(Child)]
struct Front(ChildRef);

impl Worker for Front {
    async fn run(&self, _ctx: Context) -> ChildResult {
        self.0.send(()).await?;
        Ok(())
    }
}

async fn run(_ctx: Context, _cache: ChildRef) -> ChildResult {
    Ok(())
}

fn main() {}
