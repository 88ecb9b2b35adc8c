//! A message has a size.

use supervisor::prelude::*;

#[derive(Child)]
#[child(message = dyn Job)]
struct Runner;

impl Worker for Runner {
    async fn run(&self, mut ctx: Context<Box<dyn Job + Send>>) -> ChildResult {
        let _ = ctx.recv().await;
        Ok(())
    }
}

#[derive(Child)]
#[child(message = [u8])]
struct Reader;

impl Worker for Reader {
    async fn run(&self, mut ctx: Context<Vec<u8>>) -> ChildResult {
        let _ = ctx.recv().await;
        Ok(())
    }
}

#[derive(Child)]
#[child(message = str)]
struct Printer;

impl Worker for Printer {
    async fn run(&self, mut ctx: Context<String>) -> ChildResult {
        let _ = ctx.recv().await;
        Ok(())
    }
}

trait Job {}

fn main() {}
