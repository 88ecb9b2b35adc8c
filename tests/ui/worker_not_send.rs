//! A worker's future can be sent to another thread.

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
