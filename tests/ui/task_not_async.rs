//! The function of a task is async.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always,
    }
}

fn worker(_ctx: Context) {}

fn main() {}
