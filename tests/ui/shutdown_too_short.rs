//! The `shutdown` of a nested supervisor is at least the time that its children may need to stop.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        sub: one_for_one(shutdown = 8s) {
            a: Always,
            db: Database,
        },
        jobs: Jobs(shutdown = 4s) = Jobs::tree(),
    }
}

supervision_tree! {
    pub Jobs: one_for_one {
        a: Always,
    }
}

#[derive(Child, Default)]
#[child(shutdown = 10s)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
