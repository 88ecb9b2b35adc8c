//! The supervisor spawns the lives of a task: the program spawns nothing.

use supervisor::prelude::*;

async fn serve() -> ChildResult {
    Ok(())
}

supervision_tree! {
    pub Shop: one_for_one {
        spawned: Always = tokio::spawn(serve()),
        spawns: Always = |_ctx| tokio::spawn(serve()),
        thread: Always = |_ctx| std::thread::spawn(|| {}),
        right: Always = |_ctx| serve(),
    }
}

fn main() {
    let _ = Shop::tree();
}
