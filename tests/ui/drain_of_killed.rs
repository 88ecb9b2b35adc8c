//! A child with `drain` does not have `shutdown = brutal_kill`: broken in the tree, and in a type.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        store: Store(shutdown = brutal_kill),
    }
}

supervision_tree! {
    pub There: one_for_one {
        killed: Killed,
    }
}

#[derive(Child, Default)]
#[child(message = u32, drain)]
struct Store;

impl Worker for Store {
    async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

#[derive(Child, Default)]
#[child(message = u32, shutdown = brutal_kill, drain)]
struct Killed;

impl Worker for Killed {
    async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

fn main() {}
