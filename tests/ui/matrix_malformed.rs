//! The attribute of a fault matrix stands on a function, and names children in quotes.

use supervisor::Tree;
use supervisor::prelude::*;
use supervisor::testing;

supervision_tree! { Shop: one_for_one { db: Always } }

async fn db(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[testing::fault_matrix(db)]
fn shop() -> Tree<Shop> {
    Shop::tree()
}

#[testing::fault_matrix("db")]
struct Tests;

fn main() {}
