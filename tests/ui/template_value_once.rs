//! The value of a template implements `Worker`, not `WorkerOnce`, because all workers share it.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        sessions: simple_one_for_one { session: Session = Session },
    }
}

#[derive(Child)]
#[child(restart = Temporary, once)]
struct Session;

impl WorkerOnce for Session {
    async fn run(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
