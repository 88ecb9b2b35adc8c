//! The name of a nested supervisor's handle is not taken by another type.

use supervisor::prelude::*;

struct ShopStorage;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    pub Shop: one_for_one {
        storage: one_for_one { worker: Always },
    }
}

fn main() {}
