//! Letters, and who carries them.

use std::sync::Arc;

use supervisor::prelude::*;
use tokio::time::timeout;

use crate::field::Field;
use crate::hearsay::Said;
use crate::notebook::Receipt;
use crate::plan::{Draft, ROUND};
use crate::route::Id;

/// What a general finds in its mailbox.
#[derive(Debug)]
pub struct Letter {
    /// Who wrote it; the courier knows, so nobody can pretend to be another.
    pub from: Id,
    /// In which round it was written.
    pub round: u8,
    /// What it says.
    pub said: Vec<Said>,
    /// For the courier.
    pub receipt: Reply<Receipt>,
}

/// Carries one letter, and does not come back without a receipt while there is hope.
///
/// A mailbox delivers at most once: the letter that a general has in hand when it falls is gone.
/// Its courier learns that (`NoReply`) and hands over a copy, to the next life. That a letter is
/// handed over twice does no harm, since it is counted once.
///
/// It is a worker of its own, and no part of the general that sent it, so that a letter which has
/// left arrives even if its sender falls.
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
                    // It sleeps, or it has decided and gone home.
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
