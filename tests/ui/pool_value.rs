//! The workers of a pool are added with a value each, or are all alike.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary)]
struct Session {
    number: u32,
}

impl Worker for Session {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.number > 0);
        Ok(())
    }
}

async fn task(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    Shop: one_for_one {
        each: simple_one_for_one { session: Session },
        alike: simple_one_for_one { session: Session = Session { number: 1 } },
    }
}

async fn add(shop: Shop) {
    let _ = shop.each().add_worker().await;
    let _ = shop.alike().add_worker_with(Session { number: 2 }).await;
    let _ = shop.each().add_worker_with(Session { number: 2 }).await;
    let _ = shop.alike().add_worker().await;
}

fn main() {}
