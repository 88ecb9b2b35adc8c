//! Everything that is settled before the first letter: who commands, who lies, who falls when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use supervisor::SupervisionStrategy;

use crate::hearsay::{Commanders, Hearsay, Rules, Said};
use crate::lies::Lies;
use crate::order::Order;
use crate::route::Id;

/// How long a round takes; a letter that comes later does not count.
pub const ROUND: Duration = Duration::from_secs(1);

/// How late a slow general is: one and a half rounds, so that its letters miss their round.
pub const DELAY: Duration = Duration::from_millis(1500);

/// The window in which restarts are counted: more rounds than there ever are.
pub const RESTART_WINDOW: Duration = Duration::from_secs(5);

/// When a general falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// At the beginning of a round, before it has settled what to say.
    BeforeVoting,
    /// In the middle of it: half of its letters are on their way.
    WhileVoting,
    /// When all its letters of the round are on their way.
    AfterVoting,
    /// With a letter of the round in hand, read by nobody.
    LetterInHand,
    /// When it has decided, and told nobody; the round has no meaning then.
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

/// How a general falls; to its supervisor it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// Its `run` returns an error.
    Error,
    /// It panics.
    Panic,
}

/// A crash that will happen, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crash {
    /// Who falls.
    pub general: Id,
    /// In which round.
    pub round: u8,
    /// When in the round.
    pub moment: Moment,
    /// By what.
    pub manner: Manner,
}

impl Crash {
    /// What the error or the panic says.
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
    /// Who will get it.
    pub to: Id,
    /// What it says.
    pub said: Vec<Said>,
}

/// A campaign before it begins. Together with the algorithm, it settles the outcome.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many generals there are, and whose orders are agreed on.
    pub rules: Rules,
    /// Each general's opinion; with one commander, only the first counts: its order.
    pub opinions: Vec<Order>,
    /// Who lies, and how.
    pub traitors: BTreeMap<Id, Lies>,
    /// Who falls, in any order; the same crash twice happens twice.
    pub crashes: Vec<Crash>,
    /// Who is late in which round.
    pub slow: BTreeSet<(Id, u8)>,
    /// Who is restarted with whom.
    pub strategy: SupervisionStrategy,
    /// How many restarts the generals' supervisor makes within [`RESTART_WINDOW`].
    pub max_restarts: u32,
}

impl Plan {
    /// Only loyal generals, who all are in time: the first commands the others.
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

    /// The same with an opinion for each general instead of one order.
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

    /// The same with this traitor.
    #[must_use]
    pub fn with_traitor(mut self, general: u8, lies: Lies) -> Self {
        self.traitors.insert(Id(general), lies);
        self
    }

    /// The same with this general late in this round.
    #[must_use]
    pub fn with_slow(mut self, general: u8, round: u8) -> Self {
        self.slow.insert((Id(general), round));
        self
    }

    /// The same with this crash, by an error.
    #[must_use]
    pub fn with_crash(mut self, general: u8, round: u8, moment: Moment) -> Self {
        self.crashes.push(Crash { general: Id(general), round, moment, manner: Manner::Error });
        self
    }

    /// The same under this strategy.
    #[must_use]
    pub fn with_strategy(mut self, strategy: SupervisionStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The same with this many restarts allowed.
    #[must_use]
    pub fn with_max_restarts(mut self, max_restarts: u32) -> Self {
        self.max_restarts = max_restarts;
        self
    }

    /// What the general is called in the tree.
    #[must_use]
    pub fn name(&self, general: Id) -> String {
        match self.rules.commanders {
            Commanders::All => format!("general_{general}"),
            Commanders::One if general == Id(0) => "commander".to_owned(),
            Commanders::One => format!("lieutenant_{general}"),
        }
    }

    /// The general's opinion, or order.
    #[must_use]
    pub fn opinion(&self, general: Id) -> Order {
        self.opinions.get(general.index()).copied().unwrap_or_default()
    }

    /// Whether the general says what it has heard.
    #[must_use]
    pub fn is_loyal(&self, general: Id) -> bool {
        !self.traitors.contains_key(&general)
    }

    /// Whether the general is late in this round.
    #[must_use]
    pub fn is_slow(&self, general: Id, round: u8) -> bool {
        self.slow.contains(&(general, round))
    }

    /// Whether the others can rely on the general: it is loyal, and never late. Crashes do not
    /// matter, since who falls rejoins.
    #[must_use]
    pub fn is_reliable(&self, general: Id) -> bool {
        self.is_loyal(general) && !self.slow.iter().any(|(late, _)| *late == general)
    }

    /// All generals that the others can rely on.
    #[must_use]
    pub fn reliable(&self) -> Vec<Id> {
        self.rules.everybody().filter(|general| self.is_reliable(*general)).collect()
    }

    /// How many are not reliable: what the algorithm calls a traitor.
    #[must_use]
    pub fn faulty(&self) -> usize {
        usize::from(self.rules.generals) - self.reliable().len()
    }

    /// Whether the reliable generals are certain to agree.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.rules.bears(self.faulty())
    }

    /// The letters that a general sends in a round. A loyal one tells everybody the same; a
    /// traitor, what it likes. Who has nothing to say to somebody sends no letter.
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
