//! A `Temporary` child has no limit of restarts of its own: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        a: Temporary(max_restarts = 5),
    }
}

supervision_tree! {
    pub There: one_for_one {
        a: Worked(max_restarts = 5),
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
