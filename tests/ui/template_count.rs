//! A `simple_one_for_one` supervisor has exactly one child, the template.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        none: simple_one_for_one {},
        two: simple_one_for_one { a: Temporary, b: Temporary },
        maybe: simple_one_for_one {
            #[cfg(test)]
            a: Temporary,
        },
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn b(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
