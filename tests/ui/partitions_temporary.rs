//! The workers of a pool with `partitions` are restarted.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        first: simple_one_for_one(partitions = 4) { worker: Temporary },
        second: simple_one_for_one(partitions = 4) { printer: Session },
        third: simple_one_for_one(partitions = 4) { printer: Transient<Session> },
    }
}

#[derive(Child, Default)]
#[child(restart = Temporary)]
struct Session;

impl Worker for Session {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
