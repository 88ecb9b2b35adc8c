//! A tree that stands as an item has a name.

use supervisor::prelude::*;

supervision_tree! {
    one_for_one { worker: Always }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
