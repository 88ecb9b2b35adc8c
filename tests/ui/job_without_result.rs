//! The function of a periodic job returns a `ChildResult`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        sweep: Always(every = 30s),
        clean: Always(every = 30s) = clean_up,
    }
}

async fn sweep() {}

fn clean_up() -> ChildResult {
    Ok(())
}

fn main() {}
