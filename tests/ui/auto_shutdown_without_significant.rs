//! A supervisor with `auto_shutdown` has a significant child: one of tasks alone, and one of types.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one(auto_shutdown = any_significant) {
        a: Transient,
    }
}

supervision_tree! {
    pub There: one_for_one(auto_shutdown = any_significant) {
        a: Worked,
    }
}

#[derive(Child, Default)]
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
