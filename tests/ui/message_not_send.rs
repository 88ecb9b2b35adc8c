//! A message can be sent to another thread.

use std::rc::Rc;

use supervisor::prelude::*;

enum Query {
    Name(Reply<Rc<str>>),
}

#[derive(Child, Default)]
#[child(message = Query)]
struct Database;

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while let Some(Query::Name(reply)) = ctx.recv().await {
            let _ = reply.send("shop".into());
        }
        Ok(())
    }
}

supervision_tree! {
    Shop: one_for_one { db: Database }
}

async fn use_it(shop: Shop) {
    let _ = shop.db().ask(Query::Name).await;
}

fn main() {}
