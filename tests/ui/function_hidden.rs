//! A sibling's name stands for the sibling's address, not for a function of the same name.

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
