//! A child with `start_timeout` also has `start = notify`: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        a: Always(start_timeout = 5s),
    }
}

supervision_tree! {
    pub There: one_for_one {
        a: Worked,
    }
}

#[derive(Child, Default)]
#[child(start_timeout = 5s)]
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
