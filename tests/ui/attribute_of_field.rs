//! Options stand on the type of a child, and not on a field of it.

use supervisor::prelude::*;

#[derive(Child)]
struct Counter {
    #[child(mailbox = 8)]
    number: u32,
}

impl Worker for Counter {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.number > 0);
        Ok(())
    }
}

fn main() {}
