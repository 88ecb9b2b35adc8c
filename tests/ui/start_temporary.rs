//! A `Temporary` child has no `start = retry`: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        a: Temporary(start = retry),
    }
}

supervision_tree! {
    pub There: one_for_one {
        a: Worked(start = retry),
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
