//! The children of a supervisor are in braces.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        a: one_for_one(worker: Always),
        b: one_for_one[worker: Always],
        c: one_for_one<Always>,
        d: one_for_one,
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
