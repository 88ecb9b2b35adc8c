//! A tree does not contain itself.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always,
        again: Transient<Shop> = Shop::tree(),
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
