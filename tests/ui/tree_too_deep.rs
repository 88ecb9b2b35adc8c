//! A tree is nested no deeper than the compiler can follow.

use supervisor::prelude::*;

#[rustfmt::skip]
supervision_tree! {
    pub Shop: one_for_one {
        sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { 
        sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { 
        sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { 
        sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { sub: one_for_one { 
        last: one_for_one { worker: Always }
         } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } }
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
