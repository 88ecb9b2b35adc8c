//! The value of a task is a function that is called for each life, not the future of one call.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        a: Always = async { Ok(()) },
        b: Always(every = 30s) = async move { Ok(()) },
        c: Always = self::worker(ctx),
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
