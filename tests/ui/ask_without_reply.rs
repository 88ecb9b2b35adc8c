//! `ask` takes a function that makes a request of the place for its answer.

use supervisor::prelude::*;

enum Query {
    Put(u32),
    Get(Reply<u32>),
}

async fn ask(db: ChildRef<Query>) {
    let _ = db.ask(Query::Put(1)).await;
    let _ = db.ask_within(std::time::Duration::from_secs(1), Query::Put(1)).await;
    let _ = db.ask(Query::Get).await;
}

fn main() {}
