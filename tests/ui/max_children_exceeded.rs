//! The `max_children` of a supervisor is at least the number of children that it declares.

use supervisor::prelude::*;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    pub Shop: one_for_one {
        full: one_for_one(max_children = 2) {
            first: Always = worker,
            second: Always = worker,
            third: Always = worker,
        },
        fits: one_for_one(max_children = 1) {
            first: Always = worker,
            #[cfg(any())]
            second: Always = worker,
        },
    }
}

fn main() {
    let _ = Shop::tree();
}
