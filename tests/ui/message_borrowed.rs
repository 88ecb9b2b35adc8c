//! A message borrows nothing.

use supervisor::prelude::*;

#[derive(Child)]
#[child(message = &str)]
struct Reader;

impl Worker for Reader {
    async fn run(&self, mut ctx: Context<&'static str>) -> ChildResult {
        let _ = ctx.recv().await;
        Ok(())
    }
}

#[derive(Child)]
#[child(message = Query<'a>)]
struct Asker;

impl Worker for Asker {
    async fn run(&self, mut ctx: Context<Query<'static>>) -> ChildResult {
        let _ = ctx.recv().await;
        Ok(())
    }
}

#[derive(Child)]
#[child(message = (Query<'static>, &'static str, fn(&str) -> usize))]
struct Fine;

impl Worker for Fine {
    async fn run(
        &self,
        mut ctx: Context<(Query<'static>, &'static str, fn(&str) -> usize)>,
    ) -> ChildResult {
        let _ = ctx.recv().await;
        Ok(())
    }
}

struct Query<'a>(&'a str);

fn main() {}
