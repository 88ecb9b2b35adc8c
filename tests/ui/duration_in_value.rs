//! A duration with a unit is the value of an option; in a child's value, it is a `Duration`.

use std::time::Duration;

use supervisor::Periodic;
use supervisor::prelude::*;

async fn sweep() -> ChildResult {
    Ok(())
}

supervision_tree! {
    Shop: one_for_one {
        fast: Periodic = Periodic::every(250ms, sweep),
        slow: Periodic = Periodic::every(2h, sweep),
        right: Periodic(shutdown = 2s) = Periodic::every(Duration::from_secs(2), sweep),
    }
}

fn main() {
    let _ = Shop::tree();
}
