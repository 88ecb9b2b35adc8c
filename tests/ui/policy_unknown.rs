//! A restart policy is one of `Always`, `Transient` and `Temporary`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        a: Alway,
        b: permanent,
        c: transient<Database>,
    }
}

#[derive(Child, Default)]
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
