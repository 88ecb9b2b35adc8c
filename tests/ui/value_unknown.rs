//! A word is one of those that the option accepts.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(auto_shutdown = sometimes, max_restarts = infinity) {
        a: Always(shutdown = brutal_kil),
        b: Always(start = ready),
        sub: one_for_one(restart = permanent) { a: Always },
    }
}

#[derive(Child)]
#[child(restart = never)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn b(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
