//! The handle types of two nested supervisors have different names.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        a_b: one_for_one { worker: Always },
        a: one_for_one { b: one_for_one { worker: Always } },
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
