//! A `simple_one_for_one` supervisor with `partitions` has no `max_children`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        counters: simple_one_for_one(partitions = 8, max_children = 8) {
            counter: Always,
        },
    }
}

async fn counter(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
