//! The flag `once` has no value.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, once = true)]
struct Session;

impl WorkerOnce for Session {
    async fn run(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
