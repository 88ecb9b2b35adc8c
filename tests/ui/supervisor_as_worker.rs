//! A supervisor has no `start` and no `heartbeat`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        a: Jobs(start = notify) = Jobs::tree(),
        b: Jobs(heartbeat = 5s) = Jobs::tree(),
    }
}

supervision_tree! {
    pub Jobs: one_for_one {
        job: Always,
    }
}

async fn job(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
