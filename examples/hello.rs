//! The smallest program under a tree, as the README shows it: `cargo run --example hello`.
//!
//! It runs until ctrl-c. Then it stops its child and ends with exit code 0.
//!
//! How to test it: `cargo test --example hello`. The tests are at the end of this file.

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A test for each fault of the child, at each moment: `cargo test --example hello` lists them.
    #[supervisor::testing::fault_matrix("hello")]
    fn app() -> supervisor::Tree<App> {
        App::tree()
    }
}
