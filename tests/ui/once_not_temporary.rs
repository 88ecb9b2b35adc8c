//! A child that runs `once`, by value, is `Temporary`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        session: Transient<Session> = Session,
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
