//! A broken tree without a name is still a value, so the code around it gives no error.

use supervisor::prelude::*;

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {
    let _ = async {
        let tree = supervision_tree! { one_for_al { worker: Alway, other: Always = , } };
        let tree = tree.start().await?;
        tree.worker().send(()).await?;
        tree.other().send(5).await?;
        ChildResult::Ok(())
    };
}
