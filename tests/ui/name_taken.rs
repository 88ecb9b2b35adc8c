//! A child's name is no keyword and no function of the handle.

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
