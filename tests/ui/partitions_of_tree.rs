//! The template of `partitions` is not a tree: a tree is made once, for one worker.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        stores: simple_one_for_one(partitions = 4) { store: Store = Store::tree() },
    }
}

supervision_tree! {
    pub Store: one_for_one {}
}

fn main() {}
