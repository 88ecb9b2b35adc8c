//! The traitors' lies. They are data, so that a traitor repeats the same lie after a crash.

use std::collections::BTreeMap;
use std::fmt;

use crate::order::Order;
use crate::route::{Id, Route};

/// A traitor's rule for what to say instead of the truth, for each statement and each receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lies {
    /// Says attack or retreat at random, drawn for each statement and each receiver.
    Random {
        /// The seed of the draws.
        seed: u64,
    },
    /// Says attack to generals with an even number, and retreat to those with an odd number.
    Split,
    /// Says the opposite to all generals.
    Opposite,
    /// Says nothing.
    Silent,
    /// Says these orders, and nothing where no order is listed.
    Script(BTreeMap<(Route, Id), Order>),
}

impl Lies {
    /// Returns the order that the last general on the route tells this receiver, or `None` for
    /// silence.
    #[must_use]
    pub fn told(&self, route: Route, to: Id, truth: Order) -> Option<Order> {
        match self {
            Self::Random { seed } => {
                // Each statement has a generator of its own, so the order depends on nothing else.
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

/// Writes the kind of lie, as the command line names it.
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
