//! A pool has no more partitions than a program can use.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        first: simple_one_for_one(partitions = 4_000_000_000) { worker: Always },
        second: simple_one_for_one(partitions = MANY) { worker: Always },
        third: simple_one_for_one(partitions = FEW) { worker: Always },
    }
}

const MANY: usize = 4_000_000_000;
const FEW: usize = 4;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
