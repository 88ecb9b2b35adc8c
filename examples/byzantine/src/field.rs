//! The state that all lives of all children share: the plan, the clock, and the notebooks.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::notebook::Notebook;
use crate::plan::{Plan, ROUND};
use crate::route::Id;

/// The shared state of a campaign.
#[derive(Debug)]
pub struct Field {
    plan: Plan,
    begins: OnceLock<Instant>,
    notebooks: Vec<Mutex<Notebook>>,
}

impl Field {
    /// Creates the state before the campaign begins.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let notebook = |id| Mutex::new(Notebook::new(plan.rules, id, &plan.crashes));
        let notebooks = plan.rules.everybody().map(notebook).collect();
        Self { plan, begins: OnceLock::new(), notebooks }
    }

    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the time at which the campaign began. The first general sets it in its first life.
    #[must_use]
    pub fn begins(&self) -> Instant {
        *self.begins.get_or_init(Instant::now)
    }

    /// Returns the time since the campaign began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begins.get().map(Instant::elapsed).unwrap_or_default()
    }

    /// Returns the time at which a round begins. Rounds count from 1, and end when the next begins.
    #[must_use]
    pub fn start_of(&self, round: u8) -> Instant {
        self.begins() + ROUND * u32::from(round - 1)
    }

    /// Returns the number of the current round. After the last round, it is one more than the last.
    #[must_use]
    pub fn round(&self) -> u8 {
        let last = self.plan.rules.rounds();
        (1..=last).find(|round| !self.is_over(*round)).unwrap_or(last + 1)
    }

    /// Returns `true` if letters of this round are too late now.
    #[must_use]
    pub fn is_over(&self, round: u8) -> bool {
        Instant::now() >= self.start_of(round + 1)
    }

    /// Locks a general's notebook. A panic of the general leaves only complete entries in it.
    pub fn notebook(&self, owner: Id) -> MutexGuard<'_, Notebook> {
        self.notebooks[owner.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns copies of all notebooks, in order of their owners' numbers.
    #[must_use]
    pub fn notebooks(&self) -> Vec<Notebook> {
        self.plan.rules.everybody().map(|id| self.notebook(id).clone()).collect()
    }
}
