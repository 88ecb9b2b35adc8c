//! A `Temporary` child has no backoff: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        a: Temporary(backoff = 1s),
    }
}

supervision_tree! {
    pub There: one_for_one {
        a: Worked(backoff = 1s),
    }
}

#[derive(Child, Default)]
#[child(restart = Temporary)]
struct Worked;

impl Worker for Worked {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
