//! A tree has no attributes for other items.

use supervisor::prelude::*;

supervision_tree! {
    #[derive(Debug, Clone)]
    #[cfg_attr(unix, cfg(windows))]
    pub Shop: one_for_one { worker: Always }
}

supervision_tree! {
    #[tokio::main]
    #[child(max_restarts = 5)]
    #[must_use]
    #[deprecated]
    pub Mall: one_for_one { worker: Always }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
