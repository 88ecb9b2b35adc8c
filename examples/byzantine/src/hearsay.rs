//! OM(m), the algorithm for oral messages of Lamport, Shostak and Pease, as one general's part.
//!
//! The recursion of the paper is unrolled into rounds. What a general hears is a tree, since
//! known as exponential information gathering: its nodes are routes, and below "2 says" hangs
//! what everybody else says that 2 said. In round 1 the commander sends its order; in each of the
//! `m` rounds that follow, each general tells everybody who is not on the route what it heard in
//! the round before. Then it goes back up: at each node the majority decides.

use std::collections::BTreeMap;

use crate::order::Order;
use crate::route::{Id, Route};

/// Whose orders are agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commanders {
    /// General 0 commands, the others are its lieutenants: the problem as the paper states it.
    One,
    /// Each general has an opinion, and is the commander of it; the majority of all that was
    /// agreed on is the decision.
    All,
}

/// How many generals there are, and how often they ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many generals there are.
    pub generals: u8,
    /// The `m` of OM(m): how many faulty generals it bears, if there are more than 3m.
    pub depth: u8,
    /// Whose orders are agreed on.
    pub commanders: Commanders,
}

impl Rules {
    /// All generals.
    pub fn everybody(self) -> impl Iterator<Item = Id> + Clone {
        (0..self.generals).map(Id)
    }

    /// Those whose orders are agreed on.
    pub fn commanders(self) -> impl Iterator<Item = Id> + Clone {
        let all = self.commanders == Commanders::All;
        self.everybody().take(if all { usize::from(self.generals) } else { 1 })
    }

    /// How many rounds of letters there are.
    #[must_use]
    pub fn rounds(self) -> u8 {
        self.depth + 1
    }

    /// Whether this many faulty generals cannot keep the others from agreeing.
    #[must_use]
    pub fn bears(self, faulty: usize) -> bool {
        faulty <= usize::from(self.depth)
            && (faulty == 0 || usize::from(self.generals) > 3 * usize::from(self.depth))
    }

    /// All routes that have this many generals on them.
    #[must_use]
    pub fn routes(self, round: u8) -> Vec<Route> {
        let mut routes: Vec<_> = self.commanders().map(Route::from_commander).collect();
        for _ in 1..round {
            routes = routes.iter().flat_map(|route| self.continued(*route)).collect();
        }
        routes
    }

    fn continued(self, route: Route) -> impl Iterator<Item = Route> {
        self.everybody().filter(move |id| !route.passes(*id)).map(move |id| route.then(id))
    }
}

/// One statement of a letter: what was said, and by which route it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The way it has come; the last on it is who wrote the letter.
    pub route: Route,
    /// What was said.
    pub order: Order,
}

/// What a general does with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It counts.
    Counted,
    /// It was counted before.
    Again,
    /// Something else was counted before, and stays: nobody votes twice.
    Contradiction,
    /// It cannot have come by this route: it is not the sender's to say, or not mine to hear.
    Nonsense,
}

/// All that one general has heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearsay {
    rules: Rules,
    me: Id,
    heard: BTreeMap<Route, Order>,
}

impl Hearsay {
    /// Nothing heard yet.
    #[must_use]
    pub fn new(rules: Rules, me: Id) -> Self {
        Self { rules, me, heard: BTreeMap::new() }
    }

    /// Takes a statement in. Who hands it over is known; what it says about others is not.
    pub fn hear(&mut self, from: Id, said: Said) -> Heard {
        let Said { route, order } = said;
        let known = |id: &Id| id.0 < self.rules.generals;
        let possible = route.teller() == from
            && route.generals().iter().all(known)
            && self.rules.commanders().any(|commander| commander == route.commander())
            && route.round() <= self.rules.rounds()
            && !route.passes(self.me);
        if !possible {
            return Heard::Nonsense;
        }
        match self.heard.get(&route) {
            None => {
                self.heard.insert(route, order);
                Heard::Counted
            }
            Some(first) if *first == order => Heard::Again,
            Some(_) => Heard::Contradiction,
        }
    }

    /// What was heard by this route; of who said nothing, the default is assumed.
    #[must_use]
    pub fn heard(&self, route: Route) -> Order {
        self.heard.get(&route).copied().unwrap_or_default()
    }

    /// Whether anything was heard by this route.
    #[must_use]
    pub fn has_heard(&self, route: Route) -> bool {
        self.heard.contains_key(&route)
    }

    /// What a loyal general says in this round: its own order in the first, and then what it has
    /// heard in the round before.
    #[must_use]
    pub fn truths(&self, round: u8, own: Order) -> Vec<Said> {
        if round == 1 {
            let mine = self.rules.commanders().filter(|commander| *commander == self.me);
            return mine.map(|me| Said { route: Route::from_commander(me), order: own }).collect();
        }
        let routes = self.rules.routes(round - 1).into_iter();
        routes
            .filter(|route| !route.passes(self.me))
            .map(|route| Said { route: route.then(self.me), order: self.heard(route) })
            .collect()
    }

    /// What this general believes that the last on the route has said, after all rounds: the
    /// majority of what it has heard itself and of what it believes of the others' reports.
    #[must_use]
    pub fn believed(&self, route: Route) -> Order {
        let heard = self.heard(route);
        if route.round() == self.rules.rounds() {
            return heard;
        }
        let reports = self
            .rules
            .continued(route)
            .filter(|report| report.teller() != self.me)
            .map(|report| self.believed(report));
        Order::majority(reports.chain([heard]))
    }

    /// What this general believes that a commander has ordered; of its own order it is sure.
    #[must_use]
    pub fn order_of(&self, commander: Id, own: Order) -> Order {
        if commander == self.me { own } else { self.believed(Route::from_commander(commander)) }
    }

    /// The decision, after all rounds.
    #[must_use]
    pub fn decision(&self, own: Order) -> Order {
        Order::majority(self.rules.commanders().map(|commander| self.order_of(commander, own)))
    }
}
