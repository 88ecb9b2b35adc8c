//! The smallest program under a tree, as the README shows it: `cargo run --example hello`.
//!
//! It runs until ctrl-c. Then it stops its child and ends with exit code 0.

// ----- README -----
use std::process::ExitCode;

use supervisor::prelude::*;

supervision_tree! {
    App: one_for_one {
        hello: Always,
    }
}

async fn hello(ctx: Context) -> ChildResult {
    println!("hello from life {}; stop me with ctrl-c", ctx.incarnation());
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    supervisor::run(App::tree()).await // until SIGINT, SIGTERM, SIGHUP, SIGQUIT, or its own end
}
// ----- README -----
