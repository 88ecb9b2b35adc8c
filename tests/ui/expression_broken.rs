//! A broken tree without a name is a value all the same.

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
