//! The workers of a pool and of partitions have no index.

use supervisor::Pool;
use supervisor::prelude::*;

#[derive(Child, Default)]
#[child(message = u32)]
struct Sink;

impl Worker for Sink {
    async fn run(&self, _ctx: Context<u32>) -> ChildResult {
        Ok(())
    }
}

async fn send(pool: Pool<Sink>, partitions: Partitioned<u32>) {
    let _ = pool[0].send(1).await;
    let _ = partitions[0].send(1).await;
    let _ = partitions.workers()[0].send(1).await;
}

fn main() {}
