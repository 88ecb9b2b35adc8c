//! A supervisor is given the specification of a child, and not the child.

use supervisor::prelude::*;

#[derive(Child)]
struct Sink;

impl Worker for Sink {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

supervision_tree! {
    Shop: one_for_one { sink: Sink = Sink }
}

async fn add(supervisor: Supervisor) -> Result<(), SupervisorError> {
    supervisor.add_child(Sink).await?;
    Supervisor::new().with_child(Shop::tree()).build().start().await
}

fn main() {}
