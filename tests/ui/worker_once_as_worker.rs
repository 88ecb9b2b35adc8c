//! On the builder, a value that implements `WorkerOnce` is given by `with_worker_once`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, once)]
struct Session;

impl WorkerOnce for Session {
    async fn run(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {
    let _ = ChildSpec::new("session").with_worker(Session);
}
