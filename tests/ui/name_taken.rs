//! A child's name is not a keyword, and not the name of a function of the handle.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        supervisor: Always,
        start: Always,
        type: Always,
        self: Always,
    }
}

async fn supervisor(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn start(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
