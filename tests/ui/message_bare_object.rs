//! A message that is a boxed function says that it is `Send`.

use std::pin::Pin;

use supervisor::prelude::*;

#[derive(Child, Default)]
#[child(message = Box<dyn FnOnce()>)]
struct Executor;

impl Worker for Executor {
    async fn run(&self, mut ctx: Context<Box<dyn FnOnce()>>) -> ChildResult {
        while let Some(job) = ctx.recv().await {
            job();
        }
        Ok(())
    }
}

#[derive(Child, Default)]
#[child(message = Pin<Box<dyn Future<Output = ()>>>)]
struct Spawner;

impl Worker for Spawner {
    async fn run(&self, mut ctx: Context<Pin<Box<dyn Future<Output = ()>>>>) -> ChildResult {
        while let Some(job) = ctx.recv().await {
            job.await;
        }
        Ok(())
    }
}

fn main() {}
