//! The work behind the answers: each order is shipped, once.

use std::time::Duration;

use supervisor::prelude::*;
use tokio::time::timeout;

use crate::database::Query;

/// The time after which the database is asked for work that nobody has told of: orders of a process
/// that has ended, or of another replica.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Word that there is work. The work itself is in the database, where no crash loses it.
#[derive(Clone, Copy, Debug)]
pub struct Work;

/// Ships the orders, one after the other.
///
/// It keeps nothing: where it was is in the database. So a crash between two orders, or in one, has no
/// effect but a restart.
#[derive(Child, Debug)]
#[child(message = Work, mailbox = 1)]
pub struct Shipping {
    database: ChildRef<Query>,
}

impl Shipping {
    /// Ships the orders in this database.
    #[must_use]
    pub fn new(database: ChildRef<Query>) -> Self {
        Self { database }
    }
}

impl Worker for Shipping {
    async fn run(&self, mut ctx: Context<Work>) -> ChildResult {
        loop {
            ctx.heartbeat(); // it goes on, however many orders are left
            let shipped = self.database.ask(|reply| Query::Ship { reply });
            match ctx.until_shutdown(shipped).await {
                Some(Ok(Some(name))) => {
                    tracing::debug!(order = name, "shipped");
                    continue;
                }
                // Nothing is left, or the database is away, which its own child tells.
                Some(Ok(None) | Err(_)) => {}
                None => return Ok(()),
            }
            if let Ok(None) = timeout(LOOK_AGAIN, ctx.recv()).await {
                return Ok(()); // shutdown was requested
            }
        }
    }
}
