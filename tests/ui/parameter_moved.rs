//! A parameter that two children use is cloned for the closure of the first.

use std::sync::Arc;

use supervisor::prelude::*;

async fn poll(_ctx: Context, url: Arc<str>) -> ChildResult {
    assert!(!url.is_empty());
    Ok(())
}

supervision_tree! {
    pub Shop(url: Arc<str>): one_for_one {
        fast: Always = { let url = url.clone(); move |ctx| poll(ctx, url.clone()) },
        slow: Always = move |ctx| poll(ctx, url.clone()),
        last: Always = move |ctx| poll(ctx, url.clone()),
    }
}

fn main() {
    let _ = Shop::tree(Arc::from("url"));
}
