//! Only a child with a type has `message` and `mailbox`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always(message = u8, mailbox = 256),
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
