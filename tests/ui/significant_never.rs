//! The supervisor of a significant child has `auto_shutdown`: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        a: Transient(significant),
    }
}

supervision_tree! {
    pub There: one_for_one {
        a: Worked,
    }
}

#[derive(Child, Default)]
#[child(restart = Transient, significant)]
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
