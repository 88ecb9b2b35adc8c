//! A child keeps no reference that is a parameter of the tree: it owns its data.

use supervisor::prelude::*;

#[derive(Clone)]
struct Config {
    port: u16,
}

#[derive(Child)]
struct Front {
    config: Config,
}

impl Worker for Front {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.config.port > 0);
        Ok(())
    }
}

supervision_tree! {
    pub Shop(config: &Config): one_for_one {
        front: Front = Front { config },
        right: Front = Front { config: config.clone() },
    }
}

fn main() {
    let _ = Shop::tree(&Config { port: 80 });
}
