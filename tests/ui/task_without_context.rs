//! The function of a task takes a context.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always,
    }
}

async fn worker() -> ChildResult {
    Ok(())
}

fn main() {}
