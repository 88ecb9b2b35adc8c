//! The part of a tree before its children is malformed in several ways.

use supervisor::prelude::*;

supervision_tree! {
    pub A one_for_one { worker: Always }
}

supervision_tree! {
    pub B<T>: one_for_one { worker: Always }
}

supervision_tree! {
    pub C(config, &self, mut number: u8): one_for_one { worker: Always }
}

supervision_tree! {
    pub D: one_for_one { worker: Always } and more
}

supervision_tree! {
    pub E:
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
