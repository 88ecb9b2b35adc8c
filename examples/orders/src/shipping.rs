//! The work behind the answers: each order is shipped, once.

use std::time::Duration;

use supervisor::prelude::*;
use tokio::time::timeout;

use crate::database::Query;

/// The time after which the database is asked for work without a [`Work`]: orders that were placed in
/// a process that has ended, or in another replica.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The message that there is work. The work itself is in the database, where no crash loses it.
#[derive(Clone, Copy, Debug)]
pub struct Work;

/// Ships the orders, one after the other.
///
/// It has no state of its own: its progress is in the database. So a crash between two orders, or
/// during one, has no effect but a restart.
#[derive(Child, Debug)]
#[child(message = Work, mailbox = 1)]
pub struct Shipping {
    database: ChildRef<Query>,
}

impl Shipping {
    /// Creates the child that ships the orders in this database.
    #[must_use]
    pub fn new(database: ChildRef<Query>) -> Self {
        Self { database }
    }
}

impl Worker for Shipping {
    async fn run(&self, mut ctx: Context<Work>) -> ChildResult {
        loop {
            ctx.heartbeat(); // before each order, so that a long queue is no hang
            let shipped = self.database.ask(|reply| Query::Ship { reply });
            match ctx.until_shutdown(shipped).await {
                Some(Ok(Some(name))) => {
                    tracing::debug!(order = name, "shipped");
                    continue;
                }
                // Nothing is left, or the database is away, which the state of its own child shows.
                Some(Ok(None) | Err(_)) => {}
                None => return Ok(()),
            }
            if let Ok(None) = timeout(LOOK_AGAIN, ctx.recv()).await {
                return Ok(()); // shutdown was requested
            }
        }
    }
}
