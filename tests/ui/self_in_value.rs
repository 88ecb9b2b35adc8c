//! The values of a tree with a name do not mention `self`: siblings are variables, and values
//! from outside are parameters.

use supervisor::prelude::*;

#[derive(Child, Default)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

#[derive(Child)]
struct Front {
    database: ChildRef<()>,
    port: u16,
}

impl Worker for Front {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(self.port > 0 && self.database.incarnation() > 0);
        Ok(())
    }
}

supervision_tree! {
    Shop(port: u16): one_for_one {
        database: Database,
        front: Front = Front { database: self.database(), port },
        second: Front = Front { database, port: self.port },
    }
}

fn main() {}
