//! A strategy is one of `one_for_one`, `one_for_all`, `rest_for_one` and `simple_one_for_one`.

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
