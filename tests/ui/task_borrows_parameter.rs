//! The closure of a task does not borrow a tree's parameter, which may be gone when the tree runs.

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
