//! A strategy is one of the four.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_al {
        sub: OneForOne { worker: Always },
        other: parallel { worker: Always },
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
