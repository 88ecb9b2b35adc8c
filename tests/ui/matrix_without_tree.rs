//! The function of a fault matrix returns the tree.

use supervisor::prelude::*;
use supervisor::testing;

supervision_tree! { Shop: one_for_one { db: Always } }

async fn db(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[testing::fault_matrix("db")]
fn shop() {
    let _tree = Shop::tree();
}

fn main() {}
