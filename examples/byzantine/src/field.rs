//! What all lives of all children share: the plan, the clock, and the notebooks.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::notebook::Notebook;
use crate::plan::{Plan, ROUND};
use crate::route::Id;

/// The field of the campaign.
#[derive(Debug)]
pub struct Field {
    plan: Plan,
    begins: OnceLock<Instant>,
    notebooks: Vec<Mutex<Notebook>>,
}

impl Field {
    /// A field on which nothing has happened yet.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let notebook = |id| Mutex::new(Notebook::new(plan.rules, id, &plan.crashes));
        let notebooks = plan.rules.everybody().map(notebook).collect();
        Self { plan, begins: OnceLock::new(), notebooks }
    }

    /// What was settled before.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When the campaign has begun: when the first general woke for the first time.
    #[must_use]
    pub fn begins(&self) -> Instant {
        *self.begins.get_or_init(Instant::now)
    }

    /// How long the campaign has lasted.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begins.get().map(Instant::elapsed).unwrap_or_default()
    }

    /// When a round begins, counted from 1; it ends when the next begins.
    #[must_use]
    pub fn start_of(&self, round: u8) -> Instant {
        self.begins() + ROUND * u32::from(round - 1)
    }

    /// The round that it is now; after the last, one more than there are.
    #[must_use]
    pub fn round(&self) -> u8 {
        let last = self.plan.rules.rounds();
        (1..=last).find(|round| !self.is_over(*round)).unwrap_or(last + 1)
    }

    /// Whether letters of this round come too late now.
    #[must_use]
    pub fn is_over(&self, round: u8) -> bool {
        Instant::now() >= self.start_of(round + 1)
    }

    /// A general's notebook. A general that panics leaves it as it is: each entry is whole.
    pub fn notebook(&self, owner: Id) -> MutexGuard<'_, Notebook> {
        self.notebooks[owner.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All notebooks as they are, in order of their owners' numbers.
    #[must_use]
    pub fn notebooks(&self) -> Vec<Notebook> {
        self.plan.rules.everybody().map(|id| self.notebook(id).clone()).collect()
    }
}
