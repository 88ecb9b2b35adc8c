//! A task's value is a function, and a sibling's name is the sibling's address.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        poll: Always,
        again: Transient = poll,
    }
}

async fn poll(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
