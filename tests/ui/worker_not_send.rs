//! The future of a worker's `run` is `Send`.

use supervisor::prelude::*;

use std::rc::Rc;

#[derive(Child)]
struct Database;

impl Worker for Database {
    async fn run(&self, ctx: Context) -> ChildResult {
        let count = Rc::new(5);
        ctx.shutdown_requested().await;
        println!("{count}");
        Ok(())
    }
}

fn main() {}
