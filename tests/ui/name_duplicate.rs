//! Siblings have different names.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        cache: Always,
        db: Always,
        cache: Transient,
    }
}

async fn cache(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn db(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
