//! The smallest program with a page: `cargo run -p supervision-tree-web --example seen`, and open
//! <http://127.0.0.1:9000>. It runs until ctrl-c.

use std::process::ExitCode;

// The part between the two marker lines is the code in the README. A test compares them.
// ----- README -----
use supervisor::prelude::*;
use supervisor_web::Web;

supervision_tree! {
    pub Shop: one_for_one {
        admin: Web = Web::bind("127.0.0.1:9000"),
        orders: Always,
    }
}
// ----- README -----

async fn orders(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    supervisor::run(Shop::tree()).await
}
