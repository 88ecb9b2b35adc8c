//! On the root of a tree, `drain` is a duration; on a child, it is a flag.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(drain) {
        store: Store(drain = 5s),
        second: Store(drain = runtime(time)),
    }
}

supervision_tree! {
    pub Switched: one_for_one(drain = true) {
        store: Store(drain = false),
    }
}

supervision_tree! {
    pub Misplaced: one_for_one {
        sub: one_for_one(drain = 5s) {
            task: Always(drain),
        },
    }
}

#[derive(Child, Default)]
#[child(drain = 5s)]
struct Store;

impl Worker for Store {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn task(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
