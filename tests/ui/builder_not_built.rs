//! A supervisor is built before it is started and before children are added to it.

use supervisor::prelude::*;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

#[tokio::main]
async fn main() {
    Supervisor::new().with_child(ChildSpec::new("a").with_task(worker)).start().await;
    let _ = Supervisor::new().add_child(ChildSpec::new("b").with_task(worker));
}
