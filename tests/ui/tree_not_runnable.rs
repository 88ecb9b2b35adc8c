//! `run` takes a tree that is not started.

use supervisor::prelude::*;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    Shop: one_for_one { worker: Always }
}

async fn run(shop: Shop) {
    supervisor::run(Shop::start()).await;
    supervisor::run(Shop::tree).await;
    supervisor::run(shop).leaving_sighup().await;
    supervisor::run(Shop::tree()).await;
}

fn main() {}
