//! A supervisor has no `start = notify`: it has started when its children have.

use supervisor::prelude::*;

supervision_tree! {
    pub App: one_for_one {
        sub: one_for_one(start = notify) {
            a: Always,
        },
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
