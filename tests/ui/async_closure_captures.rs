//! An async closure that is a task captures nothing, because it would lend what it captures to the
//! life.

use supervisor::prelude::*;

async fn report(_ctx: &Context, _db: &ChildRef<()>, _limit: u32) -> ChildResult {
    Ok(())
}

async fn db(_ctx: Context) -> ChildResult {
    Ok(())
}

supervision_tree! {
    pub Shop(limit: u32): one_for_one {
        db: Always,
        lends: Always = async move |ctx| report(&ctx, &db, 5).await,
        job: Always(every = 5s) = async move || {
            assert!(limit > 0);
            Ok(())
        },
        captures_nothing: Always = async |_ctx: Context| Ok(()),
    }
}

fn main() {
    let _ = Shop::tree(1);
}
