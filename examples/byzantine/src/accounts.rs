//! Whether everybody tells the same story: the supervisor's events, its statistics, and the
//! generals.

use supervisor::{EventKind, ExitReason};

use crate::campaign::Outcome;
use crate::notebook::{Deed, Notebook};
use crate::route::Id;

/// How often something happened, by each account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// By the supervisor's events.
    pub events: u64,
    /// By its statistics.
    pub stats: u64,
    /// By the generals' notebooks.
    pub notebooks: u64,
}

impl Accounts {
    /// Whether they are the same.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.events == self.stats && self.stats == self.notebooks
    }
}

/// What happened to a general, as both sides can tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A life began.
    Life(u64),
    /// A life ended by an error or a panic that said this.
    Fall(u64, String),
}

impl Outcome {
    /// What happened to a general, by the supervisor's events.
    #[must_use]
    pub fn told_by_events(&self, general: Id) -> Vec<Happening> {
        let path = format!("army/{}", self.plan.name(general));
        let about = self.events.iter().filter(|(_, event)| event.path() == path.as_str());
        about
            .filter_map(|(_, event)| match event.kind() {
                EventKind::ChildStarted { incarnation }
                | EventKind::ChildRestarted { incarnation, .. } => {
                    Some(Happening::Life(*incarnation))
                }
                EventKind::ChildTerminated {
                    incarnation,
                    reason: ExitReason::Error(failure) | ExitReason::Panic(failure),
                } => Some(Happening::Fall(*incarnation, failure.message().to_owned())),
                _ => None,
            })
            .collect()
    }

    /// What happened to a general, in its own words.
    #[must_use]
    pub fn told_by_general(&self, general: Id) -> Vec<Happening> {
        let mut life = 0;
        let diary = self.notebooks[general.index()].diary().iter();
        diary
            .filter_map(|entry| match &entry.deed {
                Deed::Woke { life: number, .. } => {
                    life = *number;
                    Some(Happening::Life(life))
                }
                Deed::Fell(crash) => Some(Happening::Fall(life, crash.last_words())),
                _ => None,
            })
            .collect()
    }

    /// How often generals were restarted.
    #[must_use]
    pub fn restarts(&self) -> Accounts {
        let restarted = |kind: &EventKind| matches!(kind, EventKind::ChildRestarted { .. });
        let events = self.events.iter().filter(|(_, event)| restarted(event.kind())).count();
        let lives: usize = self.notebooks.iter().map(Notebook::lives).sum();
        Accounts {
            events: events as u64,
            stats: self.stats.restarts,
            notebooks: (lives - self.notebooks.len()) as u64,
        }
    }

    /// How often generals fell.
    #[must_use]
    pub fn falls(&self) -> Accounts {
        let everybody = || self.plan.rules.everybody();
        let falls = |told: Vec<Happening>| {
            told.iter().filter(|told| matches!(told, Happening::Fall(..))).count() as u64
        };
        Accounts {
            events: everybody().map(|id| falls(self.told_by_events(id))).sum(),
            stats: self.stats.failures,
            notebooks: everybody().map(|id| falls(self.told_by_general(id))).sum(),
        }
    }
}
