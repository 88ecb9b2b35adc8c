//! The unit of a duration is `ms`, `s`, `m` or `h`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(restart_window = 1min) {
        a: Always(shutdown = 30secs),
        b: Always(shutdown = 1d),
        c: Always(backoff = 100us..1s),
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn b(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn c(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
