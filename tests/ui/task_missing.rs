//! The function of a task is in scope.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always,
    }
}

fn main() {}
