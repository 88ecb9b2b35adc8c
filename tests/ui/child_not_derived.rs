//! A child's type derives `Child`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        db: Database = Database,
        pool: simple_one_for_one { session: Temporary<Session> },
    }
}

struct Database;
struct Session;

#[tokio::main]
async fn main() -> ChildResult {
    let shop = Shop::start().await?;
    shop.supervisor().shutdown().await?;
    Ok(())
}
