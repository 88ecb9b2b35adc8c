//! A derive with `once` has no policy other than `Temporary`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(once)]
struct Session;

impl WorkerOnce for Session {
    async fn run(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

#[derive(Child)]
#[child(restart = Transient, once)]
struct Upload;

impl WorkerOnce for Upload {
    async fn run(self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
