//! A nested supervisor with `auto_shutdown` is not `Always`: one in braces, and one with a name.

use supervisor::prelude::*;

supervision_tree! {
    pub Here: one_for_one {
        a: one_for_one(auto_shutdown = any_significant) { job: Transient(significant) },
    }
}

supervision_tree! {
    pub There: one_for_one {
        a: Jobs = Jobs::tree(),
    }
}

supervision_tree! {
    pub Jobs: one_for_one(auto_shutdown = any_significant) {
        job: Transient(significant),
    }
}

async fn job(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
