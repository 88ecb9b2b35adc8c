//! A task has a policy after its colon, not the word `Task`.

use supervisor::prelude::*;

async fn serve(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    pub Shop: one_for_one {
        server: Task = serve,
        closure: Function = |_ctx| async { Ok(()) },
        right: Always = serve,
    }
}

fn main() {
    let _ = Shop::tree();
}
