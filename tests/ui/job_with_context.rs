//! A periodic job is a function without arguments.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        sweep: Always(every = 30s),
        clean: Always(every = 30s) = |_ctx| async { Ok(()) },
    }
}

async fn sweep(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
