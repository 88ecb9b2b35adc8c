//! A template that is a tree is a tree with a name.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: simple_one_for_one {
        connection: one_for_all { reader: Always, writer: Always },
    }
}

async fn reader(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn writer(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
