//! The settings of the command line, and the plan that is drawn from them.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use supervisor::SupervisionStrategy;

use crate::hearsay::{Commanders, Rules};
use crate::lies::Lies;
use crate::order::Order;
use crate::plan::{Crash, Manner, Moment, Plan};
use crate::route::Id;
use crate::verdict::Verdict;

/// The subject on which the generals must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The order of one commander.
    Order(Order),
    /// The majority of these opinions, one for each general.
    Opinions(Vec<Order>),
    /// The majority of opinions that are drawn at random.
    MixedOpinions,
}

/// The kind of the traitors' lies. Random lies are drawn from the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LieKind {
    /// See [`Lies::Random`].
    #[default]
    Random,
    /// See [`Lies::Split`].
    Split,
    /// See [`Lies::Opposite`].
    Opposite,
    /// See [`Lies::Silent`].
    Silent,
}

/// The settings of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The number of generals.
    pub generals: u8,
    /// The number of traitors.
    pub traitors: u8,
    /// The number of loyal generals that are late once.
    pub slow: u8,
    /// The number of crashes.
    pub crashes: usize,
    /// The seed of all draws.
    pub seed: u64,
    /// The subject of the agreement.
    pub question: Question,
    /// The kind of the traitors' lies.
    pub lies: LieKind,
    /// The strategy of the generals' supervisor.
    pub strategy: SupervisionStrategy,
    /// The number of restarts that it makes within [`RESTART_WINDOW`](crate::RESTART_WINDOW).
    pub max_restarts: u32,
    /// `true` to print each letter.
    pub letters: bool,
    /// The address of the page, if there is one.
    pub web: Option<SocketAddr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            generals: 7,
            traitors: 2,
            slow: 0,
            crashes: 0,
            seed: 42,
            question: Question::Order(Order::Attack),
            lies: LieKind::default(),
            strategy: SupervisionStrategy::OneForOne,
            max_restarts: 3,
            letters: false,
            web: None,
        }
    }
}

/// The number of campaigns that are searched for one in which agreement breaks.
const SEARCHED: u32 = 500;

/// A plan, and the result of the search for it.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The plan.
    pub plan: Plan,
    /// `None` if agreement is certain, so that nothing was searched. `Some(Ok(count))` if the plan
    /// with the number `count` breaks agreement, and `Some(Err(count))` if none of `count` plans
    /// does.
    pub searched: Option<Result<u32, u32>>,
}

impl Settings {
    /// Draws a plan from the seed. If agreement is not certain, it draws plans until the loyal
    /// generals do not agree.
    #[must_use]
    pub fn draw(&self) -> Drawn {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let plan = self.draw_one(&mut random);
        if plan.is_safe() {
            return Drawn { plan, searched: None };
        }
        let mut candidate = plan.clone();
        for count in 1..=SEARCHED {
            if !Verdict::of_rehearsal(&candidate).is_good() {
                return Drawn { plan: candidate, searched: Some(Ok(count)) };
            }
            candidate = self.draw_one(&mut random);
        }
        Drawn { plan, searched: Some(Err(SEARCHED)) }
    }

    fn draw_one(&self, random: &mut fastrand::Rng) -> Plan {
        let depth = self.traitors + self.slow;
        let commanders = match self.question {
            Question::Order(_) => Commanders::One,
            Question::Opinions(_) | Question::MixedOpinions => Commanders::All,
        };
        let rules = Rules { generals: self.generals, depth, commanders };
        let opinions = match &self.question {
            Question::Order(order) => vec![*order; usize::from(self.generals)],
            Question::Opinions(opinions) => opinions.clone(),
            Question::MixedOpinions => rules.everybody().map(|_| flip(random)).collect(),
        };
        let mut ids: Vec<Id> = rules.everybody().collect();
        random.shuffle(&mut ids);
        let (traitors, loyal) = ids.split_at(usize::from(self.traitors));
        let slow: BTreeSet<_> = loyal[..usize::from(self.slow)]
            .iter()
            .map(|id| (*id, random.u8(1..=rules.rounds())))
            .collect();
        let traitors = traitors.iter().map(|id| (*id, self.draw_lies(random))).collect();
        let crashes = self.draw_crashes(rules, random);
        let Self { strategy, max_restarts, .. } = *self;
        Plan { rules, opinions, traitors, crashes, slow, strategy, max_restarts }
    }

    fn draw_lies(&self, random: &mut fastrand::Rng) -> Lies {
        match self.lies {
            LieKind::Random => Lies::Random { seed: random.u64(..) },
            LieKind::Split => Lies::Split,
            LieKind::Opposite => Lies::Opposite,
            LieKind::Silent => Lies::Silent,
        }
    }

    /// Draws the crashes, each at another moment.
    fn draw_crashes(&self, rules: Rules, random: &mut fastrand::Rng) -> Vec<Crash> {
        const MOMENTS: [Moment; 4] =
            [Moment::BeforeVoting, Moment::WhileVoting, Moment::AfterVoting, Moment::LetterInHand];
        let mut places = Vec::new();
        for general in rules.everybody() {
            // A single commander receives no letters.
            let reads = rules.commanders == Commanders::All || general != Id(0);
            for round in 1..=rules.rounds() {
                let moments = MOMENTS.into_iter().filter(|m| reads || *m != Moment::LetterInHand);
                places.extend(moments.map(|moment| (general, round, moment)));
            }
            places.push((general, rules.rounds(), Moment::Deciding));
        }
        random.shuffle(&mut places);
        let drawn = places.into_iter().take(self.crashes);
        drawn
            .map(|(general, round, moment)| {
                let manner = if random.bool() { Manner::Error } else { Manner::Panic };
                Crash { general, round, moment, manner }
            })
            .collect()
    }
}

fn flip(random: &mut fastrand::Rng) -> Order {
    if random.bool() { Order::Attack } else { Order::Retreat }
}
