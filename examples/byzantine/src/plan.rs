//! The plan of a campaign: the commander, the traitors, and the crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use supervisor::SupervisionStrategy;

use crate::hearsay::{Commanders, Hearsay, Rules, Said};
use crate::lies::Lies;
use crate::order::Order;
use crate::route::Id;

/// The length of a round. A letter that comes after its round does not count.
pub const ROUND: Duration = Duration::from_secs(1);

/// The delay of a slow general: one and a half rounds, so that its letters miss their round.
pub const DELAY: Duration = Duration::from_millis(1500);

/// The restart window of the generals' supervisor, which is longer than all rounds together.
pub const RESTART_WINDOW: Duration = Duration::from_secs(5);

/// The moment of a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// At the beginning of a round, before the general has decided on its letters.
    BeforeVoting,
    /// The moment at which half of the letters of the round are on their way.
    WhileVoting,
    /// The moment at which all letters of the round are on their way.
    AfterVoting,
    /// The moment at which the general has received a letter of the round and has not read it yet.
    LetterInHand,
    /// The moment at which the general has decided and has not ended. The round of the crash has no
    /// meaning then.
    Deciding,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeVoting => "before voting",
            Self::WhileVoting => "while voting",
            Self::AfterVoting => "after voting",
            Self::LetterInHand => "with a letter in hand",
            Self::Deciding => "while deciding",
        })
    }
}

/// The manner of a crash. The supervisor treats both alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// The general's `run` returns an error.
    Error,
    /// The general panics.
    Panic,
}

/// A planned crash, which happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crash {
    /// The general that crashes.
    pub general: Id,
    /// The round of the crash.
    pub round: u8,
    /// The moment in the round.
    pub moment: Moment,
    /// The manner of the crash.
    pub manner: Manner,
}

impl Crash {
    /// Returns the message of the error or panic.
    #[must_use]
    pub fn last_words(&self) -> String {
        let Self { round, moment, .. } = self;
        match moment {
            Moment::Deciding => format!("struck down {moment}"),
            _ => format!("struck down in round {round}, {moment}"),
        }
    }
}

/// A letter's content for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The receiver.
    pub to: Id,
    /// The statements.
    pub said: Vec<Said>,
}

/// The plan of a campaign. Together with the algorithm, it determines the outcome.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The parameters of the algorithm.
    pub rules: Rules,
    /// Each general's opinion. With one commander, only the first opinion counts, which is the
    /// order.
    pub opinions: Vec<Order>,
    /// The traitors and their lies.
    pub traitors: BTreeMap<Id, Lies>,
    /// The crashes, in any order. A crash that is listed twice happens twice.
    pub crashes: Vec<Crash>,
    /// The slow generals, each with the round in which it is late.
    pub slow: BTreeSet<(Id, u8)>,
    /// The strategy of the generals' supervisor.
    pub strategy: SupervisionStrategy,
    /// The number of restarts that the generals' supervisor makes within [`RESTART_WINDOW`].
    pub max_restarts: u32,
}

impl Plan {
    /// Creates a plan in which all generals are loyal and in time, and the first commands the
    /// others.
    #[must_use]
    pub fn loyal(generals: u8, depth: u8, order: Order) -> Self {
        Self {
            rules: Rules { generals, depth, commanders: Commanders::One },
            opinions: vec![order; usize::from(generals)],
            traitors: BTreeMap::new(),
            crashes: Vec::new(),
            slow: BTreeSet::new(),
            strategy: SupervisionStrategy::OneForOne,
            max_restarts: 3,
        }
    }

    /// Sets an opinion for each general, in place of one order.
    ///
    /// # Panics
    ///
    /// If there are more or fewer opinions than generals.
    #[must_use]
    pub fn with_opinions(mut self, opinions: &[Order]) -> Self {
        assert_eq!(opinions.len(), usize::from(self.rules.generals), "an opinion for each general");
        self.rules.commanders = Commanders::All;
        self.opinions = opinions.to_vec();
        self
    }

    /// Makes this general a traitor.
    #[must_use]
    pub fn with_traitor(mut self, general: u8, lies: Lies) -> Self {
        self.traitors.insert(Id(general), lies);
        self
    }

    /// Makes this general late in this round.
    #[must_use]
    pub fn with_slow(mut self, general: u8, round: u8) -> Self {
        self.slow.insert((Id(general), round));
        self
    }

    /// Adds this crash, by an error.
    #[must_use]
    pub fn with_crash(mut self, general: u8, round: u8, moment: Moment) -> Self {
        self.crashes.push(Crash { general: Id(general), round, moment, manner: Manner::Error });
        self
    }

    /// Sets the strategy of the generals' supervisor.
    #[must_use]
    pub fn with_strategy(mut self, strategy: SupervisionStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Sets the number of restarts that the generals' supervisor makes.
    #[must_use]
    pub fn with_max_restarts(mut self, max_restarts: u32) -> Self {
        self.max_restarts = max_restarts;
        self
    }

    /// Returns the general's name in the tree.
    #[must_use]
    pub fn name(&self, general: Id) -> String {
        match self.rules.commanders {
            Commanders::All => format!("general_{general}"),
            Commanders::One if general == Id(0) => "commander".to_owned(),
            Commanders::One => format!("lieutenant_{general}"),
        }
    }

    /// Returns the general's opinion, or its order if it is the commander.
    #[must_use]
    pub fn opinion(&self, general: Id) -> Order {
        self.opinions.get(general.index()).copied().unwrap_or_default()
    }

    /// Returns `true` if the general tells the truth.
    #[must_use]
    pub fn is_loyal(&self, general: Id) -> bool {
        !self.traitors.contains_key(&general)
    }

    /// Returns `true` if the general is late in this round.
    #[must_use]
    pub fn is_slow(&self, general: Id, round: u8) -> bool {
        self.slow.contains(&(general, round))
    }

    /// Returns `true` if the general is loyal and never late. Crashes do not matter, because a
    /// general that crashes comes back.
    #[must_use]
    pub fn is_reliable(&self, general: Id) -> bool {
        self.is_loyal(general) && !self.slow.iter().any(|(late, _)| *late == general)
    }

    /// Returns all reliable generals.
    #[must_use]
    pub fn reliable(&self) -> Vec<Id> {
        self.rules.everybody().filter(|general| self.is_reliable(*general)).collect()
    }

    /// Returns the number of generals that are not reliable. The algorithm calls them traitors.
    #[must_use]
    pub fn faulty(&self) -> usize {
        usize::from(self.rules.generals) - self.reliable().len()
    }

    /// Returns `true` if the reliable generals are certain to agree.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.rules.bears(self.faulty())
    }

    /// Returns the letters that a general sends in a round. A loyal general tells all others the
    /// same. A traitor tells each receiver its lies. A letter without statements is not sent.
    #[must_use]
    pub fn letters(&self, general: Id, hearsay: &Hearsay, round: u8) -> Vec<Draft> {
        let truths = hearsay.truths(round, self.opinion(general));
        let lies = self.traitors.get(&general);
        let letter = |to: Id| {
            let news = truths.iter().filter(|said| !said.route.passes(to));
            let said = news.filter_map(|&Said { route, order }| {
                let order = lies.map_or(Some(order), |lies| lies.told(route, to, order))?;
                Some(Said { route, order })
            });
            Draft { to, said: said.collect() }
        };
        self.rules.everybody().map(letter).filter(|draft| !draft.said.is_empty()).collect()
    }
}
