//! OM(m), the algorithm for oral messages of Lamport, Shostak and Pease, as one general's part.
//!
//! The recursion of the paper is unrolled into rounds. The statements that a general hears form a
//! tree (the method is known as exponential information gathering). The nodes of the tree are
//! routes. Below the node "2 says" are the reports of the other generals about what 2 said. In
//! round 1, the commander sends its order. In each of the `m` following rounds, each general
//! reports the statements of the round before to every general that is not on their route. Then the
//! tree is evaluated from the leaves up: at each node, the majority decides.

use std::collections::BTreeMap;

use crate::order::Order;
use crate::route::{Id, Route};

/// The generals whose orders are agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commanders {
    /// General 0 commands, and the others are its lieutenants, as in the paper.
    One,
    /// Each general has an opinion, and commands in its own instance of the algorithm. The majority
    /// of the agreed opinions is the decision.
    All,
}

/// The parameters of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The number of generals.
    pub generals: u8,
    /// The `m` of OM(m): the number of faulty generals that it bears, if there are more than 3m
    /// generals.
    pub depth: u8,
    /// The generals whose orders are agreed on.
    pub commanders: Commanders,
}

impl Rules {
    /// Returns all generals.
    pub fn everybody(self) -> impl Iterator<Item = Id> + Clone {
        (0..self.generals).map(Id)
    }

    /// Returns the generals whose orders are agreed on.
    pub fn commanders(self) -> impl Iterator<Item = Id> + Clone {
        let all = self.commanders == Commanders::All;
        self.everybody().take(if all { usize::from(self.generals) } else { 1 })
    }

    /// Returns the number of rounds of letters.
    #[must_use]
    pub fn rounds(self) -> u8 {
        self.depth + 1
    }

    /// Returns `true` if this many faulty generals cannot prevent the others from agreeing.
    #[must_use]
    pub fn bears(self, faulty: usize) -> bool {
        faulty <= usize::from(self.depth)
            && (faulty == 0 || usize::from(self.generals) > 3 * usize::from(self.depth))
    }

    /// Returns all routes with as many generals as the number of this round.
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

/// One statement of a letter: an order, and the route by which it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The route of the order. The last general on it wrote the letter.
    pub route: Route,
    /// The order.
    pub order: Order,
}

/// The result of hearing a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The statement counts.
    Counted,
    /// The same statement was counted before.
    Again,
    /// Another order by the same route was counted before, and stays: a second vote does not count.
    Contradiction,
    /// The statement cannot have come by this route from this sender to this general.
    Nonsense,
}

/// All statements that one general has heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearsay {
    rules: Rules,
    me: Id,
    heard: BTreeMap<Route, Order>,
}

impl Hearsay {
    /// Creates the hearsay of a general that has heard nothing yet.
    #[must_use]
    pub fn new(rules: Rules, me: Id) -> Self {
        Self { rules, me, heard: BTreeMap::new() }
    }

    /// Records a statement. The sender of a letter is certain; its reports about others are not.
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

    /// Returns the order that came by this route. Silence counts as the default order.
    #[must_use]
    pub fn heard(&self, route: Route) -> Order {
        self.heard.get(&route).copied().unwrap_or_default()
    }

    /// Returns `true` if an order came by this route.
    #[must_use]
    pub fn has_heard(&self, route: Route) -> bool {
        self.heard.contains_key(&route)
    }

    /// Returns the statements of a loyal general in this round: its own order in the first round,
    /// and reports of the previous round's statements in the others.
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

    /// Returns the order that, as this general believes, the last general on the route has stated.
    ///
    /// It is the majority of the order that this general has heard itself, and of the others'
    /// reports as far as it believes them. It is meaningful after all rounds.
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

    /// Returns the order that, as this general believes, a commander has given. A commander knows
    /// its own order.
    #[must_use]
    pub fn order_of(&self, commander: Id, own: Order) -> Order {
        if commander == self.me { own } else { self.believed(Route::from_commander(commander)) }
    }

    /// Returns the decision, which is meaningful after all rounds.
    #[must_use]
    pub fn decision(&self, own: Order) -> Order {
        Order::majority(self.rules.commanders().map(|commander| self.order_of(commander, own)))
    }
}
