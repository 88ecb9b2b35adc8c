//! The path of the library is given once.

use supervisor::Tree;
use supervisor::prelude::*;
use supervisor::testing;

supervision_tree! { Shop: one_for_one { db: Always } }

async fn db(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[testing::fault_matrix("db", crate = supervisor, crate = supervisor)]
fn shop() -> Tree<Shop> {
    Shop::tree()
}

fn main() {}
