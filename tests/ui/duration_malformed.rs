//! A duration is one decimal literal. A backoff is one duration, or two with `..` between them.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(restart_window = 5 s) {
        a: Always(shutdown = 1.s),
        b: Always(shutdown = 0x5s),
        c: Always(shutdown = 1e3s),
        d: Always(shutdown = "5s"),
        e: Always(backoff = 1s..=5s),
        f: Always(backoff = 1s..),
        g: Always(heartbeat = forever),
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

async fn d(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn e(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn f(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn g(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
