//! Under `max_restarts = unlimited`, a child that may be restarted has a backoff.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restarts = unlimited) {
        worker: Always,
        printer: Transient<Printer>,
        once: Temporary<Printer>,
        slow: Printer(backoff = 100ms..30s),
        sweep: Always(every = 30s) = || self::sweep(),
        sub: one_for_one { worker: Always },
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

#[derive(Child, Default)]
struct Printer;

impl Worker for Printer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn sweep() -> ChildResult {
    Ok(())
}

fn main() {}
