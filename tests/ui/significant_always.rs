//! A significant child is not `Always`: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one(auto_shutdown = any_significant) {
        a: Always(significant),
    }
}

supervision_tree! {
    pub There: one_for_one(auto_shutdown = any_significant) {
        a: Worked,
    }
}

#[derive(Child, Default)]
#[child(significant)]
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
