//! Attributes on a tree need a type to apply to, so the tree has a name.

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
