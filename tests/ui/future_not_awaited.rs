//! The future of a call is awaited before its result is used.

use supervisor::prelude::*;

enum Query {
    Get(Reply<u8>),
    Put(u8),
}

#[derive(Child, Default)]
#[child(message = Query)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context<Query>) -> ChildResult {
        Ok(())
    }
}

supervision_tree! {
    Shop: one_for_one {
        db: Database,
        workers: simple_one_for_one { worker: Database },
    }
}

fn use_it(shop: &Shop) {
    let _started = Shop::start().unwrap();
    shop.db().send(Query::Put(1)).expect("sent");
    let _answer = shop.db().ask(Query::Get).unwrap_or_default();
    let _worker = shop.workers().add_worker().map_err(|error| error.to_string());
    let _child = shop.supervisor().add_child(ChildSpec::new("a").with_worker(Database)).is_ok();
}

fn main() {}
