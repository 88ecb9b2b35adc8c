//! The future of a task is `Send`.

use supervisor::prelude::*;

use std::rc::Rc;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always,
    }
}

async fn worker(ctx: Context) -> ChildResult {
    let count = Rc::new(5);
    ctx.shutdown_requested().await;
    println!("{count}");
    Ok(())
}

fn main() {}
