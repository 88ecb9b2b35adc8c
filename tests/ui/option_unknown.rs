//! An option has a known name.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(max_restart = 5, intensity = 3, colour = 1) {
        worker: Transient(shutdwon = 5s),
        mailer: Transient(Mailer),
    }
}

#[derive(Child)]
#[child(restrat = Transient)]
struct Mailer;

impl Worker for Mailer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn mailer(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
