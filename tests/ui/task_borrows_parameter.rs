//! A task owns what its closure uses; a tree's parameter may be gone when the tree runs.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop(config: &Config): one_for_one {
        worker: Always = move |ctx| run(ctx, config.url.clone()),
    }
}

pub struct Config {
    url: String,
}

async fn run(_ctx: Context, _url: String) -> ChildResult {
    Ok(())
}

fn main() {}
