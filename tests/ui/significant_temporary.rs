//! Under a group strategy, a significant child is not `Temporary`: in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_all(auto_shutdown = any_significant) {
        a: Temporary(significant),
    }
}

supervision_tree! {
    pub There: one_for_all(auto_shutdown = any_significant) {
        a: Worked,
    }
}

#[derive(Child, Default)]
#[child(restart = Temporary, significant)]
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
