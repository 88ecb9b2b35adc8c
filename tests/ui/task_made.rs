//! A task is a function; a value is that of a type, which stands after the colon.

use supervisor::prelude::*;

#[derive(Child)]
struct Ticker {
    number: u64,
}

impl Ticker {
    async fn tick(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

impl Worker for Ticker {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.number > 0);
        Ok(())
    }
}

supervision_tree! {
    pub Shop: one_for_one {
        ticker: Always = Ticker { number: 5 },
        method: Always = Ticker { number: 5 }.tick,
        right: Transient<Ticker> = Ticker { number: 5 },
    }
}

fn main() {
    let _ = Shop::tree();
}
