//! The function of a task keeps the siblings that it owns, and gives a clone to each life.

use supervisor::prelude::*;

async fn report(_ctx: Context, _db: ChildRef<u32>) -> ChildResult {
    Ok(())
}

#[derive(Child, Default)]
#[child(message = u32)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context<u32>) -> ChildResult {
        Ok(())
    }
}

supervision_tree! {
    pub Shop: one_for_one {
        db: Database,
        passes: Always = move |ctx| report(ctx, db),
        moves: Always = move |_| async move { Ok(db.send(1).await?) },
        lends: Always(every = 5s) = move || async { Ok(db.send(1).await?) },
        clones: Always = move |ctx| report(ctx, db.clone()),
    }
}

fn main() {
    let _ = Shop::tree();
}
