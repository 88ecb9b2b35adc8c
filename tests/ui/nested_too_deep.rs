//! What is nested deeper than the limit of the macro is an error, not a crash of the compiler.

use supervisor::prelude::*;

#[rustfmt::skip]
supervision_tree! {
    pub Shop: one_for_one {
        worker: Worker = Worker::new::<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<Option<u8>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>()
    }
}

#[derive(Child)]
struct Worker;

impl supervisor::Worker for Worker {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
