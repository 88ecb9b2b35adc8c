//! The function of a task returns a `ChildResult`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always,
    }
}

async fn worker(_ctx: Context) {}

fn main() {}
