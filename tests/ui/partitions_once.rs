//! The template of `partitions` does not run `once`, because all workers share its one value.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        sessions: simple_one_for_one(partitions = 4) { session: Session },
    }
}

#[derive(Child, Default)]
#[child(restart = Temporary, once)]
struct Session;

impl WorkerOnce for Session {
    async fn run(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
