//! Compares three accounts of a campaign: the supervisor's events, its statistics, and the
//! generals' notebooks.

use supervisor::{ExitReason, events::EventKind};

use crate::campaign::Outcome;
use crate::notebook::{Deed, Notebook};
use crate::route::Id;

/// An event in the life of a general that both the supervisor and the general record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The life with this number began.
    Life(u64),
    /// The life with this number ended by an error or a panic with this message.
    Fall(u64, String),
}

/// The number of times that something happened, by each account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// By the supervisor's events.
    pub events: u64,
    /// By its statistics.
    pub stats: u64,
    /// By the generals' notebooks.
    pub notebooks: u64,
}

impl Outcome {
    /// Returns the history of a general by the supervisor's events.
    #[must_use]
    pub fn told_by_events(&self, general: Id) -> Vec<Happening> {
        let told = self.about(general).filter_map(|kind| match kind {
            EventKind::ChildStarted { incarnation, .. }
            | EventKind::ChildRestarted { incarnation, .. } => Some(Happening::Life(*incarnation)),
            EventKind::ChildTerminated {
                incarnation,
                reason: ExitReason::Error(failure) | ExitReason::Panic(failure),
                ..
            } => Some(Happening::Fall(*incarnation, failure.message().to_owned())),
            _ => None,
        });
        told.collect()
    }

    /// Returns the history of a general by its own notebook.
    #[must_use]
    pub fn told_by_general(&self, general: Id) -> Vec<Happening> {
        let mut life = 0;
        let diary = self.notebooks[general.index()].diary().iter();
        let told = diary.filter_map(|entry| match &entry.deed {
            Deed::Woke { life: number, .. } => {
                life = *number;
                Some(Happening::Life(life))
            }
            Deed::Fell(crash) => Some(Happening::Fall(life, crash.last_words())),
            _ => None,
        });
        told.collect()
    }

    /// Returns the lives that a general cannot have recorded: the supervisor started them, and
    /// stopped them together with another general before their first step.
    #[must_use]
    pub fn unlived(&self, general: Id) -> Vec<Happening> {
        let own = self.told_by_general(general);
        let stopped = self.about(general).filter_map(|kind| match kind {
            EventKind::ChildTerminated { incarnation, reason: ExitReason::Shutdown, .. } => {
                Some(Happening::Life(*incarnation))
            }
            _ => None,
        });
        stopped.filter(|life| !own.contains(life)).collect()
    }

    /// Returns the number of restarts of generals. The notebooks lack the [unlived](Self::unlived)
    /// lives.
    #[must_use]
    pub fn restarts(&self) -> Accounts {
        let restarted = |kind: &EventKind| matches!(kind, EventKind::ChildRestarted { .. });
        let events = self.events.iter().filter(|(_, event)| restarted(event.kind())).count();
        let woke_again = |deed: &Deed| matches!(deed, Deed::Woke { life: 2.., .. });
        let entries = self.notebooks.iter().flat_map(Notebook::diary);
        let notebooks = entries.filter(|entry| woke_again(&entry.deed)).count();
        Accounts { events: events as u64, stats: self.stats.restarts, notebooks: notebooks as u64 }
    }

    /// Returns the number of crashes of generals.
    ///
    /// The statistics lack the crashes of generals that were being stopped because of another
    /// general: the supervisor counts such an exit as a stop, not as a failure.
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

    /// Returns `true` if all accounts agree.
    #[must_use]
    pub fn tell_the_same(&self) -> bool {
        let mut unlived = 0;
        let same = self.plan.rules.everybody().all(|id| {
            let unknown = self.unlived(id);
            let again = unknown.iter().filter(|life| matches!(life, Happening::Life(2..)));
            unlived += again.count() as u64;
            let mut told = self.told_by_events(id);
            told.retain(|happening| !unknown.contains(happening));
            told == self.told_by_general(id)
        });
        let (falls, restarts) = (self.falls(), self.restarts());
        same && restarts.events == restarts.stats
            && restarts.events == restarts.notebooks + unlived
            && falls.events == falls.notebooks
            && falls.stats <= falls.events
    }

    fn about(&self, general: Id) -> impl Iterator<Item = &EventKind> {
        let path = format!("army/{}", self.plan.name(general));
        let about = self.events.iter().filter(move |(_, event)| event.path() == path.as_str());
        about.map(|(_, event)| event.kind())
    }
}
