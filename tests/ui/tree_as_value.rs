//! The name of a tree is no value: `Shop::tree()` is.

use supervisor::prelude::*;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    Shop: one_for_one { worker: Always }
}

async fn run() -> Result<(), SupervisorError> {
    supervisor::run(Shop).await;
    let _shop = Shop.start().await?;
    let _tree: supervisor::Tree<Shop> = Shop.tree();
    Ok(())
}

fn main() {}
