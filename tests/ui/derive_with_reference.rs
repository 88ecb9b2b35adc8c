//! A child has no field that borrows.

use supervisor::prelude::*;

struct Config {
    port: u16,
}

#[derive(Child)]
struct Front {
    config: &Config,
}

impl Worker for Front {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.config.port > 0);
        Ok(())
    }
}

fn main() {}
