//! A tree with a name uses no variables of the function around it.

use supervisor::prelude::*;

#[derive(Child)]
struct Database {
    url: String,
}

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        assert!(!self.url.is_empty());
        Ok(())
    }
}

async fn poll(_ctx: Context, _url: String) -> ChildResult {
    Ok(())
}

struct Config {
    url: String,
}

fn main() {
    let url = String::from("postgres://");
    let config = Config { url: url.clone() };
    supervision_tree! {
        Shop(port: u16): one_for_one {
            db: Database = Database { url: url.clone() },
            poller: Always = move |ctx| poll(ctx, format!("{port}") + &config.url),
        }
    }
    let _ = Shop::tree(80);
}
