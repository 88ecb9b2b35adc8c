//! How traitors lie: as data, so that the same traitor says the same thing again after a crash.

use std::collections::BTreeMap;
use std::fmt;

use crate::order::Order;
use crate::route::{Id, Route};

/// What a traitor makes of the truth, for each statement and each receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lies {
    /// Attack to some and retreat to others, drawn for each statement and each receiver.
    Random {
        /// What it is drawn from.
        seed: u64,
    },
    /// Attack to those with an even number, retreat to those with an odd one.
    Split,
    /// To everybody the opposite.
    Opposite,
    /// Nothing at all.
    Silent,
    /// Exactly this; what is not listed is not said.
    Script(BTreeMap<(Route, Id), Order>),
}

impl Lies {
    /// What the last on the route tells this receiver, if anything.
    #[must_use]
    pub fn told(&self, route: Route, to: Id, truth: Order) -> Option<Order> {
        match self {
            Self::Random { seed } => {
                // A generator for each statement: what is said depends on nothing else.
                let number = route
                    .generals()
                    .iter()
                    .chain([&to])
                    .fold(1, |number, id| u64::from(id.0) + 17 * number);
                let mut random = fastrand::Rng::with_seed(*seed ^ (number << 32));
                Some(if random.bool() { Order::Attack } else { Order::Retreat })
            }
            Self::Split => {
                Some(if to.0.is_multiple_of(2) { Order::Attack } else { Order::Retreat })
            }
            Self::Opposite => Some(!truth),
            Self::Silent => None,
            Self::Script(lines) => lines.get(&(route, to)).copied(),
        }
    }
}

/// The kind of lie, as the command line names it.
impl fmt::Display for Lies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random { .. } => "random",
            Self::Split => "split",
            Self::Opposite => "opposite",
            Self::Silent => "silent",
            Self::Script(_) => "script",
        })
    }
}
