//! A task is an async function of a context.

use supervisor::prelude::*;

struct Database;

async fn poll(_ctx: Context, _limit: u32) -> ChildResult {
    Ok(())
}

async fn answer(_ctx: Context<u32>) -> ChildResult {
    Ok(())
}

async fn borrow(_ctx: &Context) -> ChildResult {
    Ok(())
}

fn now() -> impl Future<Output = ChildResult> {
    async { Ok(()) }
}

supervision_tree! {
    pub Shop: one_for_one {
        poll: Always,
        answer: Always,
        borrow: Always,
        called: Always = now(),
        value: Always = Database,
        literal: Always = 5,
    }
}

fn main() {
    let _ = Shop::tree();
    let _ = ChildSpec::new("by_hand").with_task(Database);
}
