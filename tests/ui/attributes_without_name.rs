//! Attributes belong to a type, and a tree without a name has none.

use supervisor::prelude::*;

fn main() {
    let _tree = supervision_tree! {
        #[derive(PartialEq)]
        one_for_one { worker: Always }
    };
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}
