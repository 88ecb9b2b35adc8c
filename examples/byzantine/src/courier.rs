//! Letters, and the couriers that carry them.

use std::sync::Arc;

use supervisor::prelude::*;
use tokio::time::timeout;

use crate::field::Field;
use crate::hearsay::Said;
use crate::notebook::Receipt;
use crate::plan::{Draft, ROUND};
use crate::route::Id;

/// A letter in a general's mailbox.
#[derive(Debug)]
pub struct Letter {
    /// The sender. The courier sets it, so a general cannot write in the name of another.
    pub from: Id,
    /// The round in which the letter was written.
    pub round: u8,
    /// The statements in the letter.
    pub said: Vec<Said>,
    /// The reply to the courier.
    pub receipt: Reply<Receipt>,
}

/// Carries one letter: delivers it until the receiver gives a receipt, for the length of one round
/// at most.
///
/// A mailbox delivers at most once: the letter that a general was reading when it crashed is lost.
/// The courier then receives `NoReply`, and delivers a copy to the next life. A letter that is
/// delivered twice does no harm, because it is counted once.
///
/// The courier is a worker of its own, not a part of the general that sends the letter. So a letter
/// that was sent arrives even if its sender crashes.
#[derive(Child, Debug)]
#[child(restart = Temporary, once)]
pub struct Courier {
    pub(crate) field: Arc<Field>,
    pub(crate) from: Id,
    pub(crate) round: u8,
    pub(crate) draft: Draft,
    pub(crate) to: ChildRef<Letter>,
}

impl WorkerOnce for Courier {
    async fn run(self, _ctx: Context) -> ChildResult {
        let Self { field, from, round, draft, to } = self;
        let carried = timeout(ROUND, async {
            loop {
                let said = draft.said.clone();
                let letter = |receipt| Letter { from, round, said, receipt };
                match to.ask_within(ROUND, letter).await {
                    Ok(_) => return true,
                    Err(supervisor::messages::AskError::NoReply) => {}
                    // The receiver is asleep, or has decided and ended.
                    Err(_) => return false,
                }
            }
        });
        if carried.await.unwrap_or(false) {
            field.notebook(from).confirm(round, draft.to);
        }
        Ok(())
    }
}
