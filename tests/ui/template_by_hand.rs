//! A pool is built from the template of a worker or of a task.

use supervisor::prelude::*;

#[derive(Child, Default)]
#[child(message = u32)]
struct Counter;

impl Worker for Counter {
    async fn run(&self, _ctx: Context<u32>) -> ChildResult {
        Ok(())
    }
}

fn main() {
    let _ = Supervisor::new().build_pool(ChildSpec::new("counter").with_worker(Counter));
    let _ = Supervisor::new().build_pool(ChildSpec::new("counter"));
    let _ = Supervisor::new().build_pool(ChildSpec::per_worker::<Counter>("counter"));
}
